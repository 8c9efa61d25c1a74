//! With the feature `spans`, what a handler says in the log stands in the span of its exchange,
//! and that in the span of its connection.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use support::serving::Setup;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tubes::Fount;
use tubes_http::{Body, Error};

/// Notes each message with the spans that it stands in.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    /// Each span: what it is, and its parent.
    spans: Vec<(String, Option<u64>)>,
    entered: Vec<u64>,
    messages: Vec<String>,
}

/// The fields of a span or a message in a row.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        let mut noted = self.0.lock().unwrap();
        noted
            .spans
            .push((fields.0, span.parent().map(Id::into_u64)));
        Id::from_u64(noted.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let mut noted = self.0.lock().unwrap();
        let mut line = fields.0;
        let mut next = noted.entered.last().copied();
        while let Some(id) = next {
            let (span, parent) = &noted.spans[usize::try_from(id).unwrap() - 1];
            write!(line, " < {span}").unwrap();
            next = *parent;
        }
        noted.messages.push(line);
    }

    fn enter(&self, id: &Id) {
        self.0
            .lock()
            .unwrap()
            .entered
            .push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let left = self.0.lock().unwrap().entered.pop();
        assert_eq!(left, Some(id.into_u64()));
    }
}

#[test]
fn a_message_of_a_handler_stands_in_its_exchange_and_that_in_its_connection() {
    let notes = Notes::default();
    tracing::subscriber::with_default(notes.clone(), || {
        let served = Setup::new().respond(async |request: Request<Body>| {
            tracing::info!("called");
            let whole = request.into_body().collect(10).await?;
            tracing::info!(length = whole.len(), "read");
            Ok::<_, Error>(Response::new(Body::from(whole)))
        });
        served
            .send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
            .send("abc")
            .send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    });
    let noted = notes.0.lock().unwrap();
    assert!(noted.entered.is_empty(), "every span was left");
    assert_eq!(
        noted.messages,
        [
            " message=called < exchange method=POST target=/a < connection",
            " message=read length=3 < exchange method=POST target=/a < connection",
            " message=called < exchange method=GET target=/b < connection",
            " message=read length=0 < exchange method=GET target=/b < connection",
        ]
    );
}

#[test]
fn a_refusal_in_place_of_a_reply_is_not_called_a_reply_that_was_cut() {
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (sent, answered, said) in [
        ("x\r\n", "400", "message=request refused"),
        ("1\r\na\r\nx\r\n", "200", "message=reply cut"),
    ] {
        let notes = Notes::default();
        tracing::subscriber::with_default(notes.clone(), || {
            let served = Setup::new().respond(async |request: Request<Body>| {
                // Whatever comes of it.
                let mut body = request.into_body();
                let first = body.next().await;
                let body = match first {
                    Ok(_) => body,
                    Err(_) => Body::from("fine"),
                };
                Ok::<_, Error>(Response::new(body))
            });
            served.send(CHUNKED);
            for line in sent.split_inclusive("\r\n") {
                served.send(line);
            }
            let status = served.answers()[0].status;
            assert_eq!(status.to_string(), answered);
        });
        let noted = notes.0.lock().unwrap();
        let about: Vec<_> = noted
            .messages
            .iter()
            .filter(|message| message.contains("refused") || message.contains("cut"))
            .collect();
        assert_eq!(about.len(), 1, "{about:?}");
        assert!(about[0].contains(said), "{about:?}");
    }
}
