//! The load: requests as a browser sends them, answers counted, nothing more.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

/// As browsers ask.
const FIELDS: &str = "Host: localhost:8080\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef\r\n";

/// How the answers to small requests end.
const END: &[u8] = b"Hello, World!";

/// A request of `method` for `path`, with these fields more.
pub(crate) fn request(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\n{FIELDS}{more}\r\n")
}

/// Opens so many connections.
pub(crate) fn connect(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    (0..count)
        .map(|_| {
            let stream = TcpStream::connect(address).expect("the server listens");
            stream
                .set_nodelay(true)
                .expect("it is TCP");
            stream
        })
        .collect()
}

/// `rounds` times on each connection: `depth` requests in one write, then their answers.
///
/// All connections have their requests under way before the first answer is read, so that the
/// server has as many to serve at once as there are connections.
pub(crate) fn ask(connections: &mut [TcpStream], depth: usize, rounds: usize) {
    let requests = request("GET", "/hello", "").repeat(depth);
    let mut buffer = vec![0; 64 * 1024];
    for _ in 0..rounds {
        for stream in &mut *connections {
            stream
                .write_all(requests.as_bytes())
                .expect("the server reads");
        }
        for stream in &mut *connections {
            let mut left = depth;
            let mut held = 0;
            while left > 0 {
                let read = stream
                    .read(&mut buffer[held..])
                    .expect("the server answers");
                assert!(read > 0, "the server closed");
                let all = &buffer[..held + read];
                let mut end = 0;
                for at in memchr::memmem::find_iter(all, END) {
                    left -= 1;
                    end = at + END.len();
                }
                held = all.len() - end;
                buffer.copy_within(end..end + held, 0);
            }
        }
    }
}

/// Reads what comes, until `length` bytes of a body in chunks have come.
pub(crate) fn download(address: SocketAddr, length: u64) {
    let mut stream = connect(address, 1).remove(0);
    stream
        .write_all(request("GET", "/gib", "").as_bytes())
        .expect("the server reads");
    let mut buffer = vec![0; 256 * 1024];
    let mut got = 0;
    // The head and the lines of the chunks come on top, so that this many have come before the end.
    while got < length {
        let read = stream
            .read(&mut buffer)
            .expect("the server answers");
        assert!(read > 0, "the server closed");
        got += read as u64;
    }
}

/// What comes back.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// A small text.
    Greeting,
    /// All that was sent.
    Echo,
}

/// Sends `length` bytes to `path`, and reads what comes back.
pub(crate) fn upload(address: SocketAddr, path: &str, length: u64, answer: Answer) {
    let mut stream = connect(address, 1).remove(0);
    let head = request("POST", path, &format!("Content-Length: {length}\r\n"));
    stream
        .write_all(head.as_bytes())
        .expect("the server reads");
    let mut other = stream
        .try_clone()
        .expect("a socket has two ends");
    let sending = std::thread::spawn(move || {
        let block = vec![b'y'; 256 * 1024];
        let mut left = length;
        while left > 0 {
            let piece = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
            other
                .write_all(&block[..piece])
                .expect("the server reads");
            left -= piece as u64;
        }
    });
    let mut buffer = vec![0; 256 * 1024];
    let mut got = 0;
    loop {
        let read = stream
            .read(&mut buffer)
            .expect("the server answers");
        assert!(read > 0, "the server closed");
        got += read as u64;
        let ended = match answer {
            Answer::Greeting => buffer[..read].ends_with(END),
            // The head of the answer comes on top.
            Answer::Echo => got > length,
        };
        if ended {
            break;
        }
    }
    sending
        .join()
        .expect("the server reads all");
}

/// What is sent behind a head.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Nothing,
    /// As much as is taken.
    Endless,
}

/// A request whose answer nobody reads, by a client that makes little of the kernel's memory its
/// own: what it gives a thousand of them by default is more than it has for all TCP together.
pub(crate) fn stall(address: SocketAddr, head: &str, body: Body) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket is free");
    // Both are agreed on with the connection. The server's side waits for as many segments as
    // fit in its buffer, and those of the loopback are of 64 KiB.
    socket
        .set_recv_buffer_size(4096)
        .and_then(|()| socket.set_tcp_mss(1460))
        .expect("it is TCP");
    socket
        .connect(&address.into())
        .expect("the server listens");
    let mut stream = TcpStream::from(socket);
    stream
        .write_all(head.as_bytes())
        .expect("the server reads");
    if let Body::Endless = body {
        stream
            .set_write_timeout(Some(std::time::Duration::from_millis(300)))
            .expect("not 0");
        let block = vec![b'y'; 256 * 1024];
        while stream.write_all(&block).is_ok() {}
    }
    stream
}
