//! Real sockets: no file has any but those of this name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tubes::net::{self, Listener, TcpFlow};
use tubes::{Error, Fount, Kind, Reason, drains, founts, stages};

use super::interop_kit::run;

async fn listen() -> (Listener, SocketAddr) {
    let listener = net::listen("127.0.0.1:0")
        .await
        .unwrap();
    let addr = listener.local_addr();
    (listener, addr)
}

/// Both ends of a connection: a flow, and a socket that knows nothing of flows.
async fn pair() -> (TcpFlow, TcpStream) {
    let (mut listener, addr) = listen().await;
    let (flow, stream) = tokio::join!(listener.next_or_reason(), TcpStream::connect(addr));
    (flow.unwrap(), stream.unwrap())
}

/// FNV-1a, to compare what is too large to look at.
fn digest(sum: u64, segment: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    segment.iter().fold(sum, step)
}

#[test]
fn ten_mebibytes_come_back_from_an_echo_after_the_sender_has_closed() {
    let segment = |n: u32| Bytes::from(n.to_le_bytes().repeat(2560));
    let sent = (0..1024).fold(0, |sum, n| digest(sum, &segment(n)));
    run(async {
        let (listener, addr) = listen().await;
        let serve = listener
            .through(stages::take(1))
            .flow_to(drains::spawn(|flow: TcpFlow| {
                flow.fount.flow_to(flow.drain)
            }));
        let ask = async {
            let flow = net::connect(addr).await?;
            assert_eq!(
                (flow.fount.peer_addr(), flow.drain.peer_addr()),
                (addr, addr)
            );
            let hear = drains::fold((0, 0), |(sum, len), segment: Bytes| {
                (digest(sum, &segment), len + segment.len())
            });
            tokio::try_join!(
                founts::iter(0..1024)
                    .map(segment)
                    .flow_to(flow.drain),
                flow.fount.flow_to(hear),
            )
        };
        let (report, (_, heard)) = tokio::try_join!(serve, ask).unwrap();
        assert_eq!((report.finished, report.failed), (1, 0));
        assert_eq!(heard, (sent, 10 << 20));
    });
}

#[test]
fn after_a_half_close_the_other_direction_goes_on() {
    run(async {
        let (flow, mut stream) = pair().await;
        founts::once(Bytes::from("all I say"))
            .flow_to(flow.drain)
            .await
            .unwrap();
        let mut heard = Vec::new();
        stream
            .read_to_end(&mut heard)
            .await
            .unwrap();
        assert_eq!(heard, b"all I say");

        stream
            .write_all(b"now I")
            .await
            .unwrap();
        stream.shutdown().await.unwrap();
        let answer = flow
            .fount
            .flow_to(drains::collect(9))
            .await
            .unwrap();
        assert_eq!(answer.concat(), b"now I");
    });
}

#[test]
fn a_failed_flow_and_a_dropped_drain_are_seen_as_a_reset() {
    run(async {
        let (flow, mut stream) = pair().await;
        let failing = founts::iter([Ok("half of"), Err(Error::new(Kind::Timeout))])
            .through(|item: Result<&'static str, Error>| item.map(Bytes::from));
        failing
            .flow_to(flow.drain)
            .await
            .unwrap_err();
        drop(flow.fount);
        let error = stream
            .read_to_end(&mut Vec::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        let (flow, mut stream) = pair().await;
        drop(flow.drain);
        let nothing = timeout(Duration::from_millis(50), stream.read_u8()).await;
        assert!(
            nothing.is_err(),
            "a clean end, while the other half is still there"
        );
        drop(flow.fount);
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_reset_by_the_peer_ends_the_fount_with_that_failure() {
    run(async {
        let (mut flow, stream) = pair().await;
        stream.set_zero_linger().unwrap();
        drop(stream);
        let Err(Reason::Failed(error)) = flow.fount.next_or_reason().await else {
            panic!("no failure");
        };
        assert_eq!(error.kind(), Kind::Io(ErrorKind::ConnectionReset));
        assert_eq!(error.stage(), Some("read"));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_listener_accepts_only_what_is_pulled() {
    run(async {
        // Linux keeps one more than it was asked to, and lets the others wait.
        let mut listener = net::listen("127.0.0.1:0")
            .backlog(1)
            .await
            .unwrap();
        let addr = listener.local_addr();
        let mut clients = JoinSet::new();
        for _ in 0..4 {
            clients.spawn(TcpStream::connect(addr));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut connected: Vec<_> = std::iter::from_fn(|| clients.try_join_next()).collect();
        assert_eq!(connected.len(), 2);
        let mut flows = Vec::new();
        for _ in 0..4 {
            flows.push(listener.next_or_reason().await.unwrap());
        }
        connected.extend(
            clients
                .join_all()
                .await
                .into_iter()
                .map(Ok),
        );
        assert!(
            connected
                .into_iter()
                .all(|client| client.is_ok_and(|stream| stream.is_ok()))
        );
        assert_eq!(listener.refused().count(), 0);
    });
}

#[test]
fn stopping_a_listener_closes_its_port_and_a_bound_port_is_an_error_with_its_name() {
    run(async {
        let (listener, addr) = listen().await;
        let error = net::listen(addr).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Io(ErrorKind::AddrInUse));
        assert!(
            error
                .to_string()
                .contains(&addr.to_string()),
            "{error}"
        );

        let mut listener = std::pin::pin!(listener);
        listener.as_mut().stop(&Reason::Enough);
        assert!(matches!(
            listener.next_or_reason().await,
            Err(Reason::Enough)
        ));
        let error = net::connect(addr).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Io(ErrorKind::ConnectionRefused));
        assert!(
            error
                .to_string()
                .contains(&addr.to_string()),
            "{error}"
        );
    });
}

#[cfg(unix)]
#[test]
fn two_listeners_share_a_port_if_both_say_so() {
    run(async {
        let first = net::listen("127.0.0.1:0")
            .reuse_port()
            .await
            .unwrap();
        let addr = first.local_addr();
        let second = net::listen(addr)
            .reuse_port()
            .await
            .unwrap();
        assert_eq!(second.local_addr(), addr);
    });
}

#[cfg(unix)]
#[test]
fn a_unix_listener_echoes_removes_its_own_path_and_nobody_elses() {
    let path = std::env::temp_dir().join(format!("tubes-interop-{}", std::process::id()));
    run(async {
        let listener = net::listen_unix(&path).await.unwrap();
        let error = net::listen_unix(&path)
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains(path.to_str().unwrap()),
            "{error}"
        );

        let echo = drains::spawn(|flow: net::UnixFlow| flow.fount.flow_to(flow.drain));
        let serve = listener
            .through(stages::take(1))
            .flow_to(echo);
        let ask = async {
            let mut stream = UnixStream::connect(&path)
                .await
                .unwrap();
            stream
                .write_all(b"hello")
                .await
                .unwrap();
            stream.shutdown().await.unwrap();
            let mut heard = Vec::new();
            stream
                .read_to_end(&mut heard)
                .await
                .unwrap();
            heard
        };
        let (report, heard) = tokio::join!(serve, ask);
        assert_eq!((report.unwrap().finished, heard), (1, b"hello".to_vec()));
        assert!(!path.exists());

        let listener = net::listen_unix(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "not yours").unwrap();
        drop(listener);
        assert_eq!(std::fs::read(&path).unwrap(), b"not yours");
        std::fs::remove_file(&path).unwrap();
    });
}

/// How many connect to a process that has fewer files.
const CLIENTS: usize = 40;

#[cfg(unix)]
#[test]
fn a_listener_outlives_want_of_files() {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 24; exec \"$0\" \"$@\""])
        .arg(program)
        .args([
            "--exact",
            "--ignored",
            "--nocapture",
            "interop::process_with_few_files",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Kept to the end: whoever writes to a pipe without a reader fails.
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = said
        .by_ref()
        .find_map(|line| {
            line.unwrap()
                .split("port ")
                .nth(1)?
                .parse::<u16>()
                .ok()
        })
        .expect("the port");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| StdStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    assert!(child.wait().unwrap().success());
    drop((clients, said));
}

/// Run by the test above, in a process of its own.
#[test]
#[ignore = "wants a process with few files"]
fn process_with_few_files() {
    run(async {
        let (mut listener, addr) = listen().await;
        println!("port {}", addr.port());
        let refused = listener.refused();
        let mut flows = Vec::new();
        while refused.count() < 2 {
            match timeout(Duration::from_millis(10), listener.next_or_reason()).await {
                Ok(flow) => flows.push(flow.unwrap()),
                Err(_nothing_yet) => {}
            }
        }
        let before = flows.len();
        assert!((1..24).contains(&before), "accepted {before}");
        flows.clear();
        for _ in before..CLIENTS {
            drop(listener.next_or_reason().await.unwrap());
        }
    });
}

/// HTTP/1 over real sockets.
mod http1 {
    use std::sync::Arc;

    use http::{Request, Response};
    use support::answers::{End, answers};
    use support::chance::Chance;
    use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
    use tokio::task::yield_now;
    use tubes_http::{Body, respond, server};

    use super::*;

    async fn echo(request: Request<Body>) -> Result<Response<Body>, tubes_http::Error> {
        Ok(Response::new(request.into_body()))
    }

    /// Serves so many connections with `echo`; each holds `held` until it is gone.
    async fn serve(listener: Listener, count: u64, held: Arc<()>) -> drains::Report {
        let each = drains::spawn(move |flow: TcpFlow| {
            let held = Arc::clone(&held);
            async move {
                let _held = held;
                flow.through(server())
                    .flow_to(respond(echo))
                    .await
            }
        });
        listener
            .take(count)
            .flow_to(each)
            .await
            .unwrap()
    }

    async fn upload(mut stream: OwnedWriteHalf, body: &[u8], mut chance: Chance) {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .await
            .unwrap();
        for piece in body.chunks(1 + chance.below(60_000)) {
            stream.write_all(piece).await.unwrap();
            for _ in 0..chance.below(20) {
                yield_now().await;
            }
        }
    }

    async fn download(mut stream: OwnedReadHalf, mut chance: Chance) -> Vec<u8> {
        let mut all = Vec::new();
        let mut space = vec![0; 64 * 1024];
        loop {
            let most = 1 + chance.below(space.len());
            match stream
                .read(&mut space[..most])
                .await
                .unwrap()
            {
                0 => return all,
                count => all.extend_from_slice(&space[..count]),
            }
            for _ in 0..chance.below(20) {
                yield_now().await;
            }
        }
    }

    /// Uploads random bytes, and checks that they come back.
    async fn converse(addr: SocketAddr, seed: u64) {
        let mut chance = Chance::new(seed);
        let length = 200_000 + chance.below(200_000);
        let body: Vec<u8> = (0..length)
            .map(|_| u8::try_from(chance.below(256)).unwrap())
            .collect();
        let (read, write) = TcpStream::connect(addr)
            .await
            .unwrap()
            .into_split();
        let (heard, ()) = tokio::join!(
            download(read, Chance::new(seed + 1000)),
            upload(write, &body, chance)
        );
        let answers = answers(&heard);
        assert_eq!((answers.len(), answers[0].end), (1, End::Whole));
        assert!(answers[0].body == body, "other bytes, seed {seed}");
    }

    #[test]
    fn two_hundred_uploads_at_once_come_back_from_an_echo_byte_for_byte() {
        run(async {
            let (listener, addr) = listen().await;
            let serve = serve(listener, 200, Arc::new(()));
            let ask = async {
                let mut clients = JoinSet::new();
                for seed in 0..200 {
                    clients.spawn(converse(addr, seed));
                }
                clients.join_all().await.len()
            };
            let (report, clients) = tokio::join!(serve, ask);
            assert_eq!(clients, 200);
            assert_eq!((report.finished, report.failed), (200, 0));
        });
    }

    /// More than the buffers of two sockets and of the server, less than what is offered.
    const BOUND: usize = 64 << 20;

    #[test]
    fn a_client_that_stops_reading_stalls_its_sending_and_is_let_go_when_it_leaves() {
        run(async {
            let (listener, addr) = listen().await;
            let held = Arc::new(());
            let serve = serve(listener, 1, Arc::clone(&held));
            let client = async {
                let mut stream = TcpStream::connect(addr).await.unwrap();
                let mut piece =
                    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n".to_vec();
                piece.resize(64 * 1024, b'x');
                stream.write_all(&piece).await.unwrap();
                stream
                    .read_exact(&mut [0; 1024])
                    .await
                    .unwrap();
                // From here on it does not read.
                let mut pushed = piece.len();
                let push = async {
                    while pushed < BOUND {
                        pushed += stream.write(&piece).await.unwrap();
                    }
                };
                let stalled = timeout(Duration::from_secs(1), push).await;
                assert!(stalled.is_err(), "{pushed} bytes are held");
                assert_eq!(Arc::strong_count(&held), 3, "it waits for its client");
                drop(stream);
            };
            let (report, ()) = tokio::join!(serve, client);
            assert_eq!(Arc::strong_count(&held), 1, "nobody serves it any more");
            assert_eq!((report.finished, report.failed), (0, 1));
        });
    }
}
