//! Upgraded flows that are held elsewhere end at the deadline of a shutdown.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use support::serving::{Served, Setup, Site, why_failed};
use tubes::{Flow, Fount, founts};
use tubes_http::{Exchange, UpgradedFlow};

use super::kit::secs;

/// A connection that has gone on as something else, and its flow.
fn upgraded(site: &Site) -> (Served, UpgradedFlow) {
    let (out, mut flows) = tokio::sync::mpsc::unbounded_channel();
    let served = site.answer(move |exchange: Exchange| {
        let out = out.clone();
        async move {
            let (_, reply) = exchange.into_parts();
            let mut head = Response::new(());
            *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            head.headers_mut()
                .insert(header::UPGRADE, HeaderValue::from_static("x"));
            drop(out.send(reply.upgrade(head).await?));
            Ok::<_, tubes::Error>(())
        }
    });
    served.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    let flow = flows.try_recv().unwrap();
    (served, flow)
}

#[test]
fn an_echo_ends_with_the_reason() {
    let site = Setup::new().site();
    let (served, flow) = upgraded(&site);
    let echoed = site
        .tasks
        .spawn(flow.fount.flow_to(flow.drain));
    served.send("abc");
    assert!(served.peer.read().ends_with(b"abc"));
    let report = site.shut_down(secs(2));
    served.advance(secs(2));
    assert_eq!(report.take().unwrap().upgraded, 1);
    let ended = echoed.take().unwrap().unwrap_err();
    assert_eq!(why_failed(&ended), "ShutDown");
    assert_eq!(site.tasks.running(), 0);
}

/// How the writer waits for a peer that takes nothing.
#[derive(Clone, Copy, Debug)]
enum Waits {
    ForRoom,
    ToFlush,
    ToStop,
}

#[test]
fn each_end_in_a_task_of_its_own_hears_it_however_it_waits() {
    for waits in [Waits::ForRoom, Waits::ToFlush, Waits::ToStop] {
        let site = Setup::new().site();
        let (served, flow) = upgraded(&site);
        let Flow { mut fount, drain } = flow;
        served.peer.stall();
        let reader = site
            .tasks
            .spawn(async move { while let Ok(Some(_)) = fount.next().await {} });
        let abc = Bytes::from_static(b"abc");
        let writer = match waits {
            Waits::ForRoom => {
                let endless = founts::iter(std::iter::repeat(abc));
                site.tasks.spawn(endless.flow_to(drain))
            }
            Waits::ToFlush => {
                let quiet = super::kit::Begun::new("abc", None);
                site.tasks.spawn(quiet.flow_to(drain))
            }
            Waits::ToStop => site
                .tasks
                .spawn(founts::iter([abc]).flow_to(drain)),
        };
        served.run();
        let report = site.shut_down(secs(2));
        served.advance(secs(1));
        assert!(writer.peek().is_none(), "{waits:?}: it waits");
        served.advance(secs(1));
        assert_eq!(report.take().unwrap().upgraded, 1);
        assert!(reader.take().is_some(), "{waits:?}: the reader has ended");
        let ended = writer
            .take()
            .map(|ended| ended.unwrap_err());
        let why = ended.as_ref().map(why_failed);
        assert_eq!(why.as_deref(), Some("ShutDown"), "{waits:?}");
    }
}
