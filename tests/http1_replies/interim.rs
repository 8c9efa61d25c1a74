//! Interim responses at random: each that leaves is valid, and the final one is not disturbed.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::sample::select;
use support::serving::Setup;
use tubes::Fount;
use tubes_http::Body;

const NAMES: &[&str] = &[
    "link",
    "x-a",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
];

#[test]
fn interim_responses_carry_no_framing_whatever_the_handler_sets() {
    let field = (select(NAMES), vec(any::<u8>(), 0..9));
    let interim = (0..1000_u16, vec(field, 0..4));
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    };
    proptest::proptest!(config, |(planned in vec(interim, 0..5))| {
        let responses: Vec<_> = planned.iter().filter_map(made).collect();
        let valid: Vec<u16> = responses
            .iter()
            .map(|response| response.status().as_u16())
            // Nobody waits for a 100, so it is left out.
            .filter(|status| (102..200).contains(status))
            .collect();
        let served = Setup::new().serve(|mut exchanges| async move {
            while let Some(exchange) = exchanges.next().await? {
                let (_, mut reply) = exchange.into_parts();
                for response in &responses {
                    let status = response.status();
                    let is_interim = status.is_informational() && status != 101;
                    assert_eq!(reply.interim(response).await.is_ok(), is_interim, "{status}");
                }
                reply.send(Response::new(Body::from("done"))).await?;
            }
            Ok(())
        });
        served.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let answers = served.answers();
        let (last, interim) = answers.split_last().expect("a final one");
        proptest::prop_assert_eq!(last.to_string(), "200 done");
        let statuses: Vec<u16> = interim.iter().map(|answer| answer.status).collect();
        proptest::prop_assert_eq!(statuses, valid);
        for answer in interim {
            let names = answer.fields.iter().map(|(name, _)| name.as_str());
            proptest::prop_assert!(names.clone().all(|name| name == "link" || name == "x-a"));
        }
        proptest::prop_assert_eq!(served.ends().1, "open");
    });
}

#[test]
fn no_value_and_no_name_that_can_be_made_ends_a_line() {
    for byte in 0..=u8::MAX {
        let is_sound = byte == b'\t' || (byte >= b' ' && byte != 0x7f);
        let value = HeaderValue::from_bytes(&[b'a', byte, b'b']);
        assert_eq!(value.is_ok(), is_sound, "{byte:#x} in a value");
        let is_token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let name = HeaderName::from_bytes(&[b'a', byte, b'b']);
        assert_eq!(name.is_ok(), is_token, "{byte:#x} in a name");
    }
}

/// If the types let it be.
fn made((status, fields): &(u16, Vec<(&'static str, Vec<u8>)>)) -> Option<Response<()>> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(*status).ok()?;
    for (name, value) in fields {
        let value = HeaderValue::from_bytes(value).ok()?;
        response
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    Some(response)
}
