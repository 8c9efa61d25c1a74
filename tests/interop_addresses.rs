//! Real sockets of several addresses: how many connections each may have.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use support::log::log_of;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tubes::net::{self, TcpFlow};
use tubes::{Fount, bound, drains, stages};

use super::interop_kit::run;

/// A connection from 127.0.0.`host`.
async fn connect(host: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let from = Ipv4Addr::new(127, 0, 0, host);
    socket.bind((from, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// What the peer of one that was refused sees: a reset.
async fn assert_reset(mut stream: TcpStream) {
    let read = stream.read(&mut [0]).await;
    assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "needs more than one address of its own"
)]
fn one_address_has_as_many_connections_as_it_may_until_both_halves_of_one_are_gone() {
    run(async {
        let listener = net::listen("127.0.0.1:0")
            .await
            .unwrap();
        let addr = listener.local_addr();
        let refusals = Arc::new(Mutex::new(Vec::new()));
        let crowd = net::at_most_per_address(bound(2)).on_refused({
            let refusals = Arc::clone(&refusals);
            move |peer| refusals.lock().unwrap().push(peer)
        });
        let refused = crowd.refused();
        let mut flows = listener.through(crowd);

        let _first = connect(2, addr).await;
        let first = flows.next_or_reason().await.unwrap();
        let _second = connect(2, addr).await;
        let second = flows.next_or_reason().await.unwrap();
        // The third is refused in passing; one of another address is not.
        let third = connect(2, addr).await;
        let third_addr = third.local_addr().unwrap();
        let _other = connect(3, addr).await;
        let other = flows.next_or_reason().await.unwrap();
        assert_eq!(other.fount.peer_addr().ip(), Ipv4Addr::new(127, 0, 0, 3));
        assert_reset(third).await;
        assert_eq!(refused.count(), 1);
        assert_eq!(*refusals.lock().unwrap(), [third_addr]);

        // Half a connection is one.
        let TcpFlow { fount, drain } = first;
        drop(fount);
        let fourth = connect(2, addr).await;
        let _next = connect(3, addr).await;
        let _kept = flows.next_or_reason().await.unwrap();
        assert_reset(fourth).await;

        drop(drain);
        let _fifth = connect(2, addr).await;
        let fifth = flows.next_or_reason().await.unwrap();
        assert_eq!(fifth.fount.peer_addr().ip(), Ipv4Addr::new(127, 0, 0, 2));
        assert_eq!(refused.count(), 2);
        drop((second, other));
    });
}

#[test]
fn a_connection_whose_task_has_ended_counts_no_more() {
    run(async {
        let listener = net::listen("127.0.0.1:0")
            .await
            .unwrap();
        let addr = listener.local_addr();
        let one = net::at_most_per_address(bound(1));
        let refused = one.refused();
        let serve = listener
            .through(one)
            .through(stages::take(5))
            .flow_to(drains::spawn(|flow: TcpFlow| {
                flow.fount.flow_to(flow.drain)
            }));
        let ask = async {
            for number in 0..5_u8 {
                // Seen from here it is over a little before it is over there.
                loop {
                    let mut stream = connect(1, addr).await;
                    let asked = async {
                        stream.write_all(&[number]).await?;
                        stream.shutdown().await?;
                        let mut answer = Vec::new();
                        stream.read_to_end(&mut answer).await?;
                        Ok::<_, std::io::Error>(answer)
                    };
                    match asked.await {
                        Ok(answer) => break assert_eq!(answer, [number]),
                        Err(_refused) => tokio::task::yield_now().await,
                    }
                }
            }
        };
        let (report, ()) = tokio::join!(serve, ask);
        assert_eq!(report.unwrap().finished, 5);
        assert!(refused.count() < 1000, "{refused:?}");
    });
}

#[test]
fn a_flow_with_a_place_is_a_flow_as_any_other() {
    run(async {
        let listener = net::listen("127.0.0.1:0")
            .await
            .unwrap();
        let addr = listener.local_addr();
        let mut flows = listener.through(net::at_most_per_address(bound(1)));
        assert_eq!(
            format!("{flows:?}")
                .matches("at_most_per_address(1 of 0 addresses)")
                .count(),
            1
        );
        let mut stream = connect(1, addr).await;
        let flow = flows.next_or_reason().await.unwrap();
        let sent = tubes::founts::once(Bytes::from("hello")).flow_to(flow.drain);
        sent.await.unwrap();
        let mut heard = String::new();
        stream
            .read_to_string(&mut heard)
            .await
            .unwrap();
        assert_eq!(heard, "hello");
        stream.write_all(b"bye").await.unwrap();
        drop(stream);
        let said = flow
            .fount
            .flow_to(drains::collect(9))
            .await
            .unwrap();
        assert_eq!(said.concat(), b"bye");
    });
}

#[test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "needs more than one address of its own"
)]
fn a_listener_lets_no_address_have_more_than_half_of_what_spawn_takes() {
    let said = log_of(|| {
        run(async {
            let mut listener = net::listen("127.0.0.1:0")
                .await
                .unwrap();
            let addr = listener.local_addr();
            let refused = listener.refused();
            let mut flows = Vec::new();
            for _ in 0..500 {
                // The peer may be gone: it is who serves it that has no place for more.
                let _stream = connect(2, addr).await;
                flows.push(listener.next_or_reason().await.unwrap());
            }
            let (third, fourth) = (connect(2, addr).await, connect(2, addr).await);
            let _other = connect(3, addr).await;
            let other = listener.next_or_reason().await.unwrap();
            assert_eq!(other.fount.peer_addr().ip(), Ipv4Addr::new(127, 0, 0, 3));
            assert_reset(third).await;
            assert_reset(fourth).await;
            assert_eq!(refused.count(), 2);

            flows.pop();
            let _stream = connect(2, addr).await;
            flows.push(listener.next_or_reason().await.unwrap());
        });
    });
    let said: Vec<_> = said
        .iter()
        .filter(|line| line.contains("at_most_per_address"))
        .collect();
    let [line] = said[..] else {
        panic!("once for both: {said:?}");
    };
    assert!(line.starts_with("WARN too many connections of one address"));
    assert!(line.ends_with(" peer=127.0.0.2 most=500"), "{line}");
}

#[test]
fn a_listener_and_a_stage_behind_it_count_each_for_itself() {
    run(async {
        let listener = net::listen("127.0.0.1:0")
            .await
            .unwrap()
            .at_most_per_address(bound(2));
        let addr = listener.local_addr();
        let refused = listener.refused();
        let mut flows = listener.through(net::at_most_per_address(bound(9)));
        let _streams = (connect(1, addr).await, connect(1, addr).await);
        let first = flows.next_or_reason().await.unwrap();
        let _second = flows.next_or_reason().await.unwrap();
        let third = connect(1, addr).await;
        tokio::select! {
            () = assert_reset(third) => {}
            _ = flows.next_or_reason() => panic!("it was let in"),
        }
        assert_eq!(refused.count(), 1);
        drop(first);
        let _fourth = connect(1, addr).await;
        let _fourth = flows.next_or_reason().await.unwrap();
    });
}
