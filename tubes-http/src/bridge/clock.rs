//! The clock of tokio as the clock of a server.

use crate::server::{Server, server_on};

/// A stage that speaks HTTP on a flow of bytes: [`server_on`] with the clock of tokio.
///
/// # Flow control, stopping
///
/// As [`server_on`].
///
/// # Examples
///
/// ```no_run
/// use http::Response;
/// use tubes::Fount;
/// use tubes::net::TcpFlow;
/// use tubes_http::{Exchange, answer, server};
///
/// async fn echo(exchange: Exchange) -> Result<(), tubes::Error> {
///     let (request, reply) = exchange.into_parts();
///     reply.send(Response::new(request.into_body())).await
/// }
///
/// async fn serve(flow: TcpFlow) -> Result<(), tubes::Error> {
///     flow.through(server()).flow_to(answer(echo)).await
/// }
/// ```
pub fn server() -> Server {
    server_on(tubes::time::clock())
}
