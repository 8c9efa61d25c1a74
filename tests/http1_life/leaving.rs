//! Replies that are written, and have not left: an exchange is whole when its reply has left.

use http::Request;
use support::serving::{Served, Setup};
use tubes_http::Body;

use super::kit::{GET, Records, hello, secs};

/// A server that keeps records.
fn kept() -> (Setup, Records) {
    let records = Records::default();
    (Setup::new().with(records.kept()), records)
}

#[test]
fn a_reply_that_waits_for_those_behind_it_is_whole_when_it_has_left_and_cut_when_it_is_lost() {
    type End = fn(&Served);
    let ends: [(End, &[&str]); 4] = [
        (|served| served.peer.resume(), &["200 whole", "200 whole"]),
        (
            |served| served.peer.break_writes(),
            &["200 cut Closed", "200 cut Closed"],
        ),
        (
            |served| served.tasks.drop_task(0),
            &["200 cut Abandoned", "200 cut Abandoned", "- cut Abandoned"],
        ),
        (
            |served| _ = served.advance(secs(30)),
            &["200 cut ReplyTimeout", "200 cut ReplyTimeout"],
        ),
    ];
    for (end, expected) in ends {
        let (setup, records) = kept();
        let served = setup.respond(async |request: Request<Body>| {
            if request.uri().path() == "/slow" {
                std::future::pending::<()>().await;
            }
            hello(request).await
        });
        served.peer.stall();
        served.send([GET, GET, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"].concat());
        served.advance(secs(3));
        assert_eq!(records.ends(), [""; 0], "nothing has left");
        end(&served);
        served.run();
        let all = records.take();
        let found: Vec<_> = all
            .iter()
            .map(super::kit::end)
            .collect();
        assert_eq!(found[..expected.len()], *expected);
        assert!(all[0].duration >= secs(3), "{:?}", all[0]);
        assert_eq!(all[0].first_byte, Some(secs(0)));
    }
}

#[test]
fn what_is_refused_behind_a_reply_that_has_not_left_is_shown_behind_it() {
    let (setup, records) = kept();
    let served = setup.respond(hello);
    served.peer.stall();
    served.send([GET, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"].concat());
    assert_eq!(records.ends(), [""; 0]);
    served.peer.resume();
    served.run();
    assert_eq!(
        records.ends(),
        ["200 whole", "405 refused ConnectUnsupported"]
    );
}

#[test]
fn no_more_than_64_replies_wait_for_those_behind_them() {
    let (setup, records) = kept();
    let served = setup.respond(hello);
    served.peer.stall();
    served.send(GET.repeat(200));
    assert_eq!(served.handle.snapshot().connections[0].exchanges, 64);
    served.peer.resume();
    served.run();
    assert_eq!(records.ends(), ["200 whole"; 200]);
    assert_eq!(served.peer.writes().len(), 4);
}
