//! `Handle::snapshot`: what every connection does, and who keeps it from going on.

use http::{Request, Response};
use support::serving::{Setup, Site};
use tubes_http::{Body, ConnectionPhase, Error, ExchangeState, WaitsFor};

use super::kit::{Answer, GET, POST_10, echo, hello, secs};

fn phases(site: &Site) -> Vec<ConnectionPhase> {
    let snapshot = site.server.handle().snapshot();
    snapshot
        .connections
        .iter()
        .map(|connection| connection.phase)
        .collect()
}

fn only_exchange(site: &Site) -> ExchangeState {
    let snapshot = site.server.handle().snapshot();
    let [connection] = &snapshot.connections[..] else {
        panic!("{snapshot:?}");
    };
    connection
        .exchange
        .clone()
        .expect("one is served")
}

#[test]
fn each_phase_of_a_connection_is_seen() {
    let site = Setup::new().site();
    let served = site.respond(hello);
    served.run();
    assert_eq!(phases(&site), [ConnectionPhase::Idle]);
    served.send(&GET[..9]);
    assert_eq!(phases(&site), [ConnectionPhase::Head]);
    assert_eq!(served.handle.snapshot().held, 9);
    served.send(&GET[9..]);
    assert_eq!(phases(&site), [ConnectionPhase::Idle]);
    assert_eq!(served.handle.snapshot().held, 0);
    served.advance(secs(10));
    assert_eq!(phases(&site), [ConnectionPhase::Idle]);
    served.send(POST_10);
    assert_eq!(phases(&site), [ConnectionPhase::Discarding]);
    served.send("0123456789").send("\n");
    assert_eq!(phases(&site), [ConnectionPhase::Closing], "a bare LF");
    assert_eq!(served.handle.snapshot().connections[0].exchanges, 2);
    served.finish();
    assert_eq!(phases(&site), []);

    let site = Setup::new().site();
    let (one, two) = (site.respond(echo), site.respond(hello));
    one.send(POST_10);
    two.send(GET);
    assert_eq!(
        phases(&site),
        [ConnectionPhase::Serving, ConnectionPhase::Idle]
    );
}

#[test]
fn an_exchange_says_who_is_waited_for_and_for_how_long() {
    let site = Setup::new().site();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut wait = Some(wait);
    let served = site.respond(move |request: Request<Body>| {
        let wait = wait.take().unwrap();
        async move {
            let _ = wait.await;
            Ok::<_, Error>(Response::new(request.into_body()))
        }
    });
    served
        .send(POST_10.replace("/ ", "/slow "))
        .advance(secs(2));
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.method.as_str(), seen.target.path()),
        ("POST", "/slow")
    );
    assert_eq!(seen.age, secs(2));
    assert_eq!((seen.waits_for, seen.waited), (WaitsFor::Handler, None));
    go.send(()).unwrap();
    served.run().advance(secs(3));
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.waits_for, seen.waited),
        (WaitsFor::Request, Some(secs(3)))
    );
    assert_eq!((seen.received, seen.sent), (0, 0));
    served.peer.stall();
    served.send("0123456").advance(secs(4));
    let seen = only_exchange(&site);
    assert_eq!(seen.waits_for, WaitsFor::Response);
    assert_eq!(seen.waited, Some(secs(4)));
    assert_eq!((seen.received, seen.sent, seen.age), (7, 7, secs(9)));
    served.peer.resume();
    served.run();
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.waits_for, seen.waited),
        (WaitsFor::Request, Some(secs(4)))
    );
    served.send("789");
    assert_eq!(phases(&site), [ConnectionPhase::Idle]);
}

#[test]
fn what_an_earlier_exchange_has_sent_is_not_counted_for_the_next() {
    let site = Setup::new().site();
    let served = site.respond(async |request: Request<Body>| -> Answer {
        let body = request.into_body().collect(10).await?;
        Ok(Response::new(body.into()))
    });
    served
        .send([POST_10, "0123456789"].concat())
        .send(POST_10);
    let seen = only_exchange(&site);
    assert_eq!((seen.received, seen.sent), (0, 0));
}
