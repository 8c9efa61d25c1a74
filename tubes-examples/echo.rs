//! An echo server: a listening socket is a fount of flows, and each flows onto itself.
//!
//! Run it:   cargo run --example echo
//! You see:  the address; `printf 'hello\n' | nc -N 127.0.0.1 8007` says hello.
//! Try next: put `.map(..)` between the two ends of the flow.

use tubes::net::{self, TcpFlow};
use tubes::{Error, Fount, drains};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let listener = net::listen("127.0.0.1:8007").await?;
    println!("listening on 127.0.0.1:8007");
    listener
        .flow_to(
            drains::spawn(|flow: TcpFlow| flow.fount.flow_to(flow.drain))
                .on_failure(|error| println!("{error}")),
        )
        .await?;
    Ok(())
}
