//! Each line comes back reversed; when the client has said all, so has the server.
//!
//! Run it:   cargo run --example reverse
//! You see:  the address; `printf 'stressed\nlive' | nc -N 127.0.0.1 8008` says desserts and evil,
//!           and ends: the end travels behind the data, through every stage, and closes the socket.
//! Try next: send a line longer than 80 bytes: the connection is reset, and the server says why.

use bytes::Bytes;
use tubes::net::{self, TcpFlow};
use tubes::{Error, Fount, drains, framing};

#[expect(clippy::needless_pass_by_value, reason = "a stage is given its items")]
fn reversed(line: Bytes) -> Bytes {
    let text = String::from_utf8_lossy(&line);
    text.chars()
        .rev()
        .collect::<String>()
        .into()
}

async fn serve(flow: TcpFlow) -> Result<(), Error> {
    flow.fount
        .through(framing::lines().at_most(80))
        .map(reversed)
        .through(framing::unlines())
        .flow_to(flow.drain)
        .await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let address = std::env::args().nth(1);
    let address = address
        .as_deref()
        .unwrap_or("127.0.0.1:8008");
    let listener = net::listen(address).await?;
    println!("listening on {address}");
    let connections = drains::spawn(serve).on_failure(|error| println!("{error}"));
    listener.flow_to(connections).await?;
    Ok(())
}
