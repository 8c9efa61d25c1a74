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
///
/// async fn echo(flow: TcpFlow) -> Result<(), tubes::Error> {
///     let mut exchanges = flow.through(tubes_http::server());
///     while let Ok(exchange) = exchanges.next().await {
///         let (request, reply) = exchange.into_parts();
///         reply.send(Response::new(request.into_body())).await?;
///     }
///     Ok(())
/// }
/// ```
pub fn server() -> Server {
    server_on(tubes::time::clock())
}
