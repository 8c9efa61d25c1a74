//! Upgraded flows that are held elsewhere end at the deadline of a shutdown.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use support::pair::{Inlet, pair};
use support::serving::{Served, Setup, Site, why_failed};
use tokio::sync::mpsc;
use tubes::{Drain, Flow, Fount, Reason, drains, founts};
use tubes_http::{Exchange, UpgradedFlow};

use super::kit::secs;

const SWITCH: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

/// Hands out the flow of each exchange.
fn hands_out(
    out: mpsc::UnboundedSender<UpgradedFlow>,
) -> impl Drain<Exchange, Output = ()> + 'static {
    tubes_http::answer(move |exchange: Exchange| {
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
    })
}

/// A connection that has gone on as something else, and its flow.
fn upgraded(site: &Site) -> (Served, UpgradedFlow) {
    let (out, mut flows) = mpsc::unbounded_channel();
    let served = site.serve(|exchanges| exchanges.flow_to(hands_out(out)));
    served.send(SWITCH);
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

/// A fount that has always something under way.
struct Busy(Pin<Box<Inlet>>);

impl Fount for Busy {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        self.0.as_mut().poll_next(cx)
    }

    fn poll_progress(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.0.as_mut().stop(reason);
    }
}

#[test]
fn what_a_fount_has_under_way_when_it_was_stopped_is_waited_for_until_then() {
    let site = Setup::new().site();
    let (out, mut flows) = mpsc::unbounded_channel();
    let (flow, peer) = pair();
    let flow = Flow::new(Busy(Box::pin(flow.fount)), flow.drain);
    let serving = flow
        .through(&site.server)
        .flow_to(hands_out(out));
    site.tasks.spawn(serving);
    peer.feed([SWITCH, "early"].concat());
    site.tasks.run();
    let flow = flows.try_recv().unwrap();
    let early = flow
        .fount
        .take(1)
        .flow_to(drains::collect(1));
    let early = site.tasks.spawn(early);
    site.shut_down(secs(2));
    assert!(early.peek().is_none());
    site.clock.advance(secs(2));
    site.tasks.run();
    assert_eq!(early.take().unwrap().unwrap(), ["early"]);
}
