//! `Handle::snapshot`: what every connection does, and who keeps it from going on.

use http::{Request, Response, StatusCode};
use support::serving::{Setup, Site};
use tubes::Fount;
use tubes_http::{Body, ConnectionPhase, Error, ExchangeState, RequestPhase, WaitsFor};

use super::kit::{Answer, Begun, CHUNKED, GET, POST_10, echo, hello, piecemeal, secs};

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
    assert_eq!(
        (seen.waits_for, seen.waited),
        (WaitsFor::Handler, Some(secs(2)))
    );
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

#[test]
fn an_upload_that_its_handler_holds_up_says_since_when_and_what_it_holds() {
    let site = Setup::new().site();
    let (go, handler) = piecemeal();
    let served = site.respond(handler);
    served
        .advance(secs(5))
        .send([CHUNKED, "3\r\nabc\r\n3\r\ndef\r\n"].concat())
        .advance(secs(6));
    for (received, held) in [(3, 10), (6, 2)] {
        let seen = only_exchange(&site);
        assert_eq!(seen.waits_for, WaitsFor::Handler);
        assert_eq!((seen.waited, seen.unpulled), (Some(secs(6)), Some(secs(6))));
        assert_eq!((seen.request, seen.status), (RequestPhase::Coming, None));
        assert_eq!((seen.received, seen.held), (received, held));
        go.send(()).unwrap();
        served.run().advance(secs(6));
    }
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.waits_for, seen.waited, seen.unpulled),
        (WaitsFor::Request, Some(secs(6)), None)
    );
    served.send("0\r\n\r\n");
    assert_eq!(phases(&site), [ConnectionPhase::Idle]);
}

#[test]
fn an_exchange_says_how_far_request_and_response_are() {
    let site = Setup::new().site();
    let served = site.respond(async |_| {
        let mut response = Response::new(Begun::new("begun", None));
        *response.status_mut() = StatusCode::CREATED;
        Ok::<_, Error>(response)
    });
    served.send(GET).advance(secs(7));
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.request, seen.status),
        (RequestPhase::Whole, Some(StatusCode::CREATED))
    );
    assert_eq!(
        (seen.waits_for, seen.waited),
        (WaitsFor::Handler, Some(secs(7)))
    );
    assert_eq!((seen.sent, seen.held, seen.unpulled), (5, 0, None));

    let site = Setup::new().site();
    let served = site.respond(async |_| Ok::<_, Error>(Response::new(Begun::new("begun", None))));
    served.send(POST_10);
    assert_eq!(only_exchange(&site).request, RequestPhase::Left);

    let site = Setup::new().site();
    let served = site.respond(echo);
    served.peer.stall();
    served.send([POST_10, "0123456"].concat());
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.request, seen.status),
        (RequestPhase::Coming, Some(StatusCode::OK))
    );
    let head = served.handle.snapshot().held as u64 - seen.sent;
    assert_eq!((seen.sent, seen.held as u64), (7, head + 7));
    assert_eq!(seen.unpulled, None, "that is not the handler's fault");
}

#[test]
fn a_handler_that_writes_is_not_taken_for_one_that_does_not() {
    let site = Setup::new().site();
    let (say, said) = tokio::sync::mpsc::unbounded_channel::<&str>();
    let mut said = Some(said);
    let served = site.respond(move |request: Request<Body>| {
        let said = said.take().unwrap();
        let pieces = tubes::founts::unfold((said, request), async |(mut said, request)| {
            let piece = said.recv().await?;
            Some((bytes::Bytes::from(piece), (said, request)))
        });
        async { Ok::<_, Error>(Response::new(pieces)) }
    });
    served
        .send([POST_10, "0123456789"].concat())
        .advance(secs(4));
    say.send("abc").unwrap();
    served.run().advance(secs(3));
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.waits_for, seen.waited, seen.unpulled),
        (WaitsFor::Handler, Some(secs(3)), Some(secs(7)))
    );
    assert_eq!((seen.sent, seen.held), (3, 10));
}

#[test]
fn whoever_takes_exchanges_by_hand_is_seen_from_the_first_look_on() {
    let site = Setup::new().site();
    let served = site.serve(|mut exchanges| async move {
        let exchange = exchanges.next().await?;
        std::future::pending::<()>().await;
        drop(exchange);
        Ok(())
    });
    served.send(POST_10).advance(secs(6));
    assert_eq!(only_exchange(&site).waited, Some(secs(0)));
    served.advance(secs(6));
    let seen = only_exchange(&site);
    assert_eq!(
        (seen.waits_for, seen.waited, seen.unpulled),
        (WaitsFor::Handler, Some(secs(6)), Some(secs(6)))
    );
}
