//! A chat: what one says, everybody hears. Many to one, one to many, and a cycle that cannot clog.
//!
//! Run it:   cargo run --example chat
//! You see:  what you type in one `nc 127.0.0.1 8010` comes out of every other, and of your own.
//! Try next: stop a client with Ctrl-Z while others talk: it misses lines and is told how many,
//!           and nobody waits for it. With `subscribe()` it would hold everybody up.

use bytes::Bytes;
use tubes::founts::SharedSender;
use tubes::net::{self, TcpFlow};
use tubes::{Error, Fount, Lossy, bound, drains, fan, founts, framing};

type Room = fan::Subscribers<Bytes>;

/// What a client reads: lines, and the news that some are missing.
fn told(heard: Lossy<Bytes>) -> Bytes {
    match heard {
        Lossy::Item(line) => line,
        Lossy::Gap(lines) => format!("(you missed {lines} lines)").into(),
    }
}

async fn serve(client: TcpFlow, microphone: SharedSender<Bytes>, room: Room) -> Result<(), Error> {
    // The place where the cycle breaks: who reads too slowly misses lines, instead of pausing the
    // room, which would pause everybody who talks, and so itself.
    let listen = room
        .subscribe_lossy()
        .map(told)
        .through(framing::unlines())
        .flow_to(client.drain);
    let talk = client
        .fount
        .through(framing::lines().at_most(1_000))
        .flow_to(microphone);
    tokio::select! {
        left = talk => left,
        gone = listen => gone,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let address = std::env::args().nth(1);
    let address = address
        .as_deref()
        .unwrap_or("127.0.0.1:8010");
    let (sender, said) = founts::channel(bound(64));
    let microphone = sender.shared();
    let (heard, room) = fan::broadcast(bound(64));
    let talking = said.flow_to(heard.lasting());
    let listener = net::listen(address).await?;
    println!("listening on {address}");
    let clients = drains::spawn(|client| serve(client, microphone.clone(), room.clone()))
        .on_failure(|error| println!("{error}"));
    tokio::select! {
        talked = talking => talked,
        served = listener.flow_to(clients) => served.map(drop),
    }
}
