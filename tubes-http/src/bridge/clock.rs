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
/// use tubes::Fount;
/// use tubes::net::TcpFlow;
/// use tubes_http::{Body, Error, Exchange};
///
/// async fn serve(flow: TcpFlow) -> Result<(), tubes::Error> {
///     let mut exchanges = flow.through(tubes_http::server());
///     while let Ok(exchange) = exchanges.next().await {
///         let (request, reply) = exchange.into_parts();
///         reply.send(request.map(|_| ()).into_response()).await?;
///     }
///     Ok(())
/// }
/// # trait Into_ { fn into_response(self) -> http::Response<Body>; }
/// # impl Into_ for http::Request<()> {
/// #     fn into_response(self) -> http::Response<Body> { http::Response::new(Body::empty()) }
/// # }
/// # let _: fn(Error, Exchange) = |_, _| ();
/// ```
pub fn server() -> Server {
    server_on(tubes::time::clock())
}
