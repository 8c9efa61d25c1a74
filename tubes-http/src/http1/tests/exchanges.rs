//! One exchange: its turns, its ends, what follows it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::error::Error;
use crate::http1::connection::Connection;
use crate::http1::decode::Rest;
use crate::http1::event::Event;
use crate::http1::length::BodyLength;
use crate::http1::state::Persistence;
use crate::http1::tests::driver::{connection, head, noon, output};
use crate::kind::Kind;
use crate::limits::Limits;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const EXPECT: &str = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";

#[test]
fn a_head_says_how_long_its_body_is() {
    for (fields, length) in [
        ("", BodyLength::Empty),
        ("Content-Length: 0\r\n", BodyLength::Empty),
        ("Content-Length: 3\r\n", BodyLength::Known(3)),
        ("Transfer-Encoding: chunked\r\n", BodyLength::Chunked),
    ] {
        let mut connection = Connection::new(Limits::default());
        connection.received(Bytes::from(format!(
            "GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"
        )));
        match connection.next_event(&mut None) {
            Ok(Some(Event::Head(found))) => assert_eq!(found.body, length),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_authority_of_the_target_is_the_host() {
    let mut connection = Connection::new(Limits::default());
    connection.received(Bytes::from_static(
        b"GET http://x:1/y HTTP/1.1\r\nHost: a\r\n\r\n",
    ));
    let mut request = None;
    match connection.next_event(&mut request) {
        Ok(Some(Event::Head(_))) => {
            let request = request.unwrap();
            assert_eq!(request.headers()["host"], "x:1");
            assert_eq!(request.uri(), "http://x:1/y");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_end_inside_a_message_is_told_at_each_byte() {
    let body = "3\r\nabc\r\n0\r\n\r\n";
    for cut in 0..body.len() {
        let mut connection = connection(&format!("{CHUNKED}{}", &body[..cut]));
        connection.received_end();
        let error = connection
            .next_event(&mut None)
            .unwrap_err();
        let got = cut.saturating_sub(3).min(3) as u64;
        assert_eq!(
            error.kind(),
            Kind::Truncated {
                expected: None,
                got
            },
            "{cut}"
        );
        assert!(
            connection
                .next_event(&mut None)
                .unwrap()
                .is_none()
        );
    }
    let mut known = connection("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    known.received_end();
    let error = known.next_event(&mut None).unwrap_err();
    assert_eq!(
        error.kind(),
        Kind::Truncated {
            expected: Some(9),
            got: 3
        }
    );
    assert_eq!(error.status(), None);
}

#[test]
fn an_end_between_messages_is_closed_and_inside_a_head_truncated() {
    for cut in 0..GET.len() {
        let mut connection = connection(&GET[..cut]);
        connection.received_end();
        match (cut, connection.next_event(&mut None)) {
            (0, Ok(Some(Event::Closed))) => {}
            (_, Err(error)) if cut > 0 => assert_eq!(error.status(), None),
            other => panic!("{other:?}"),
        }
        assert!(
            connection
                .next_event(&mut None)
                .unwrap()
                .is_none()
        );
    }
}

#[test]
fn a_half_closed_peer_is_answered_and_told_that_it_is_the_last() {
    let mut connection = connection(&format!("{GET}{GET}"));
    connection.received_end();
    answer(&mut connection);
    assert_eq!(
        connection.next_exchange(),
        Persistence::Keep,
        "another waits"
    );
    while connection
        .next_event(&mut None)
        .unwrap()
        .is_some()
    {}
    answer(&mut connection);
    assert_eq!(connection.next_exchange(), Persistence::Close);
    let output = String::from_utf8(output(&mut connection)).unwrap();
    assert_eq!(
        output
            .matches("connection: close")
            .count(),
        1
    );
    assert!(output.ends_with("connection: close\r\n\r\n"));
}

#[test]
fn a_100_is_wanted_once_and_only_while_the_body_is_held_back() {
    let wanted = |bytes: &str| connection(bytes).expects_continue();
    assert!(wanted(&format!("{EXPECT}Content-Length: 3\r\n\r\n")));
    assert!(wanted(&format!(
        "{EXPECT}Transfer-Encoding: chunked\r\n\r\n"
    )));
    assert!(!wanted(&format!("{EXPECT}Content-Length: 3\r\n\r\na")));
    assert!(!wanted(&format!(
        "{EXPECT}Transfer-Encoding: chunked\r\n\r\n3"
    )));
    assert!(!wanted(&format!("{EXPECT}\r\n")));
    assert!(!wanted(
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    ));

    let mut connection = connection(&format!("{EXPECT}Content-Length: 3\r\n\r\n"));
    for _ in 0..2 {
        connection
            .interim(StatusCode::CONTINUE, &HeaderMap::new())
            .unwrap();
        assert!(!connection.expects_continue());
    }
    assert_eq!(output(&mut connection), b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn an_answer_instead_of_100_is_the_last() {
    let mut connection = connection(&format!("{EXPECT}Content-Length: 3\r\n\r\n"));
    connection.discard_body();
    answer(&mut connection);
    let output = String::from_utf8(output(&mut connection)).unwrap();
    assert!(output.contains("connection: close\r\n"));
    connection.received(Bytes::from_static(GET.as_bytes()));
    assert!(
        connection
            .next_event(&mut None)
            .unwrap()
            .is_none()
    );
    assert_eq!(connection.next_exchange(), Persistence::Close);
}

#[test]
fn a_body_that_nobody_reads_is_discarded_up_to_the_limit() {
    let limits = Limits::default().with_discard(10);
    for (declared, persistence) in [
        (1, Persistence::Keep),
        (10, Persistence::Keep),
        (11, Persistence::Close),
    ] {
        for framing in ["known", "chunked"] {
            let body = "x".repeat(declared);
            let bytes = if framing == "known" {
                format!(
                    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {declared}\r\n\r\n{body}{GET}"
                )
            } else {
                format!(
                    "{CHUNKED}1\r\nx\r\n{:x}\r\n{}\r\n0\r\n\r\n{GET}",
                    declared - 1,
                    &body[1..]
                )
                .replace("0\r\n\r\n0\r\n\r\n", "0\r\n\r\n")
            };
            let mut connection = Connection::new(limits.clone());
            connection.received(Bytes::from(bytes));
            assert!(matches!(
                connection.next_event(&mut None),
                Ok(Some(Event::Head(_)))
            ));
            connection.discard_body();
            answer(&mut connection);
            while let Some(event) = connection
                .next_event(&mut None)
                .unwrap()
            {
                assert!(matches!(event, Event::End(_)), "{event:?}");
            }
            assert!(connection.is_exchange_over());
            assert_eq!(
                connection.next_exchange(),
                persistence,
                "{framing} {declared}"
            );
            let said = String::from_utf8(output(&mut connection)).unwrap();
            let known_to_close = framing == "known" && persistence == Persistence::Close;
            assert_eq!(said.contains("connection: close"), known_to_close);
        }
    }
}

#[test]
fn the_next_head_waits_for_both_directions() {
    let mut connection = connection(&format!("{GET}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(connection.has_input());
    assert!(
        connection
            .next_event(&mut None)
            .unwrap()
            .is_none()
    );
    answer(&mut connection);
    assert!(
        connection
            .next_event(&mut None)
            .unwrap()
            .is_none()
    );
    assert_eq!(connection.next_exchange(), Persistence::Keep);
    assert!(matches!(
        connection.next_event(&mut None),
        Ok(Some(Event::Head(_)))
    ));
}

#[test]
fn a_refusal_is_answered_unless_a_head_has_left() {
    let broken = format!("{CHUNKED}xyz\r\n");
    let mut early = Connection::new(Limits::default());
    early.received(Bytes::from(broken));
    assert!(matches!(
        early.next_event(&mut None),
        Ok(Some(Event::Head(_)))
    ));
    let error = early.next_event(&mut None).unwrap_err();
    assert_eq!(error.kind(), Kind::BadChunkSize);
    early.refuse(&error, noon());
    let said = String::from_utf8(output(&mut early)).unwrap();
    assert!(said.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    assert!(said.ends_with("\r\n\r\na chunk size is not 1 to 16 hex digits\n"));
    assert!(!early.is_cut());

    let mut late = connection(CHUNKED);
    late.start(&head(200), None, noon())
        .unwrap();
    output(&mut late);
    late.refuse(&error, noon());
    assert_eq!(late.output_len(), 0);
    assert!(late.is_cut());
}

#[test]
fn a_refusal_of_head_has_no_body() {
    let mut connection = connection("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.refuse(&Error::new(Kind::Handler), noon());
    let said = String::from_utf8(output(&mut connection)).unwrap();
    assert!(said.starts_with("HTTP/1.1 500 ") && said.ends_with("\r\n\r\n"));
}

#[test]
fn shutdown_is_said_in_the_reply() {
    let mut connection = connection(&format!("{GET}{GET}"));
    connection.close_after_this();
    answer(&mut connection);
    assert!(
        String::from_utf8(output(&mut connection))
            .unwrap()
            .contains("connection: close")
    );
    assert_eq!(connection.next_exchange(), Persistence::Close);
    assert!(!connection.has_input());
}

#[test]
fn a_switch_hands_on_what_came_behind_the_request() {
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n\0raw";
    let tunnel = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n\0raw";
    for (bytes, status, other) in [(upgrade, 101, 200), (tunnel, 200, 101)] {
        let mut connection = connection(bytes);
        assert!(connection.offers_switch());
        let error = connection
            .switch(&head(other), noon())
            .unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidSwitch);
        let mut head = head(status);
        if status == 101 {
            // RFC 9110 §7.8: it has to say to what.
            let error = connection
                .switch(&head, noon())
                .unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidSwitch);
            head.headers
                .insert("upgrade", "x".parse().unwrap());
        }
        connection
            .switch(&head, noon())
            .unwrap();
        let said = String::from_utf8(output(&mut connection)).unwrap();
        assert!(!said.contains("content-length") && !said.contains("connection: close"));
        assert_eq!(connection.take_remainder(), "\0raw");
    }
    let h2c = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    assert!(!connection(h2c).offers_switch());
    let body = "PUT / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\n";
    assert!(!connection(body).offers_switch());
}

#[test]
fn no_order_of_calls_panics_and_what_makes_no_sense_is_said() {
    let kind = |result: Result<(), Error>| result.unwrap_err().kind();
    let mut idle = Connection::new(Limits::default());
    assert_eq!(
        kind(idle.start(&head(200), None, noon())),
        Kind::NothingToAnswer
    );
    assert_eq!(
        kind(idle.interim(StatusCode::CONTINUE, &HeaderMap::new())),
        Kind::NothingToAnswer
    );
    assert_eq!(
        kind(idle.send(&mut Bytes::from_static(b"a"))),
        Kind::OutOfTurn
    );
    assert_eq!(idle.finish(None).unwrap_err().kind(), Kind::OutOfTurn);
    idle.discard_body();

    let mut open = connection(GET);
    assert_eq!(
        kind(open.start(&head(100), None, noon())),
        Kind::InvalidStatus
    );
    assert_eq!(kind(open.switch(&head(101), noon())), Kind::InvalidSwitch);
    let switching = StatusCode::SWITCHING_PROTOCOLS;
    assert_eq!(
        kind(open.interim(switching, &HeaderMap::new())),
        Kind::InvalidInterim
    );
    assert_eq!(
        kind(open.interim(StatusCode::OK, &HeaderMap::new())),
        Kind::InvalidInterim
    );
    open.start(&head(200), None, noon())
        .unwrap();
    assert_eq!(kind(open.start(&head(200), None, noon())), Kind::HeadTwice);
    let _ = open.finish(None).unwrap();
    assert_eq!(
        kind(open.send(&mut Bytes::from_static(b"a"))),
        Kind::OutOfTurn
    );
    assert_eq!(open.finish(None).unwrap_err().kind(), Kind::OutOfTurn);

    let mut tunnel = connection("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        kind(tunnel.start(&head(200), None, noon())),
        Kind::InvalidStatus
    );
}

#[test]
fn an_exchange_given_up_half_way_is_the_last() {
    let mut connection = connection(&format!("{GET}{GET}"));
    assert_eq!(connection.next_exchange(), Persistence::Close);
    connection.received(Bytes::from_static(GET.as_bytes()));
    assert!(
        connection
            .next_event(&mut None)
            .unwrap()
            .is_none()
    );
    assert_eq!(connection.request_rest(), Rest::Nothing);
}

fn answer(connection: &mut Connection) {
    connection
        .start(&head(200), Some(0), noon())
        .unwrap();
    let _ = connection.finish(None).unwrap();
}
