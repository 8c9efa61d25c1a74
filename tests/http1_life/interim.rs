//! `Reply::interim`: 100, 102 and 103 by hand.

use http::{HeaderValue, Response, StatusCode, header};
use support::serving::Setup;
use tubes_http::{Body, Error, Exchange};

fn head(status: StatusCode) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = status;
    head.headers_mut()
        .insert(header::LINK, HeaderValue::from_static("</a.css>"));
    head
}

#[test]
fn interim_responses_leave_at_once_and_only_where_they_are_of_use() {
    let all = [
        StatusCode::CONTINUE,
        StatusCode::PROCESSING,
        StatusCode::EARLY_HINTS,
    ];
    let expects = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    #[rustfmt::skip] // A row, a case: the request, what leaves before the answer.
    let cases: [(&str, &[&str]); 5] = [
        (super::kit::GET, &["102 ", "103 "]),
        ("GET / HTTP/1.0\r\n\r\n", &[]),
        (expects, &["100 ", "102 ", "103 "]),
        (&[expects, "abc"].concat(), &["102 ", "103 "]),
        (&expects.replace("1.1", "1.0"), &[]),
    ];
    for (request, interim) in cases {
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let mut wait = Some(wait);
        let served = Setup::new().answer(move |exchange: Exchange| {
            let wait = wait.take().unwrap();
            async move {
                let (request, mut reply) = exchange.into_parts();
                for status in all {
                    reply.interim(&head(status)).await?;
                }
                let _ = wait.await;
                let body = request.into_body().collect(10).await?;
                reply
                    .send(Response::new(Body::from(body)))
                    .await?;
                Ok::<_, Error>(())
            }
        });
        served.send(request);
        assert_eq!(served.lines(), interim, "{request}");
        let has_body = request.contains("Content-Length") && !request.ends_with("abc");
        if has_body {
            served.send("abc");
        }
        go.send(()).unwrap();
        served.run();
        let answers = served.answers();
        assert_eq!(answers.len(), interim.len() + 1, "no second 100: {request}");
        for answer in &answers[..interim.len()] {
            assert_eq!(answer.field("link"), Some("</a.css>"));
        }
        assert_eq!(answers[interim.len()].status, 200, "{request}");
    }
}
