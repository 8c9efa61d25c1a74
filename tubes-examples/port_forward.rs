//! Every connection is forwarded to another port: two flows, crossed.
//!
//! Run it:   `cargo run --example port_forward -- 127.0.0.1:8009 127.0.0.1:8008`
//!           (with `cargo run --example reverse` running)
//! You see:  `printf 'stressed\n' | nc -N 127.0.0.1 8009` says desserts: the client's end goes
//!           through to the server (a half-close), and the answer still comes back.
//! Try next: stop reading with Ctrl-Z in a client that gets a lot: the server is paused, too.

use tubes::net::{self, TcpFlow};
use tubes::{Error, Fount, drains};

async fn forward(client: TcpFlow, target: String) -> Result<(), Error> {
    let server = net::connect(&target).await?;
    // Each direction ends by itself; if one fails, both are cut.
    let there = client.fount.flow_to(server.drain);
    let back = server.fount.flow_to(client.drain);
    tokio::try_join!(there, back)?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, target) = match &arguments[..] {
        [address, target] => (address.clone(), target.clone()),
        _ => ("127.0.0.1:8009".to_owned(), "127.0.0.1:8008".to_owned()),
    };
    let listener = net::listen(&address).await?;
    println!("forwarding {address} to {target}");
    let connections = drains::spawn(|client: TcpFlow| forward(client, target.clone()))
        .on_failure(|error| println!("{error}"));
    listener.flow_to(connections).await?;
    Ok(())
}
