//! A protocol is spoken on each connection, not on the listener.

use tubes::Fount;
use tubes::net::Listener;

fn main() {}

fn serve(listener: Listener) {
    let _exchanges = listener.through(tubes_http::server());
}
