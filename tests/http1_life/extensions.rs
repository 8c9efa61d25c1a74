//! `Record::extensions`: what a handler says of its exchange.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use support::serving::Setup;
use tubes::{Fount, founts, stages};
use tubes_http::{Body, Exchange, Handle, Trailers};

use super::kit::{Records, end};

/// What a handler says of its exchange.
#[derive(Clone)]
struct Id(String);

/// Is said of an exchange, and looks at its server when it is dropped.
#[derive(Clone)]
struct Looks(Arc<Mutex<Option<Handle>>>);

impl Drop for Looks {
    fn drop(&mut self) {
        if let Some(handle) = self.0.lock().unwrap().as_ref() {
            assert!(handle.snapshot().connections.len() <= 1);
        }
    }
}

async fn answer_with_id(exchange: Exchange, looks: Looks) -> Result<(), tubes::Error> {
    let (request, reply) = exchange.into_parts();
    let mut head = Response::new(());
    head.extensions_mut().insert(looks);
    head.extensions_mut()
        .insert(Id(request.uri().path().to_owned()));
    match request.uri().path() {
        "/started" => {
            let body = founts::iter(["a", "b"]).map(Bytes::from);
            body.flow_to(reply.start(head)).await
        }
        "/fails" => {
            let fails = |_| Err::<Bytes, _>(io::Error::other("no"));
            let body = founts::once("a").through(stages::try_map(fails));
            reply.send(head.map(|()| body)).await
        }
        "/trailers" => {
            let trailers = Trailers::new();
            let mut fields = HeaderMap::new();
            fields.insert("x-a", HeaderValue::from_static("b"));
            trailers.set(fields);
            head.extensions_mut().insert(trailers);
            reply
                .send(head.map(|()| Body::from("sent")))
                .await
        }
        "/upgraded" => {
            *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let name = HeaderValue::from_static("x");
            head.headers_mut()
                .insert(header::UPGRADE, name);
            reply.upgrade(head).await.map(drop)?;
            Ok(())
        }
        _ => {
            reply
                .send(head.map(|()| Body::from("sent")))
                .await
        }
    }
}

#[test]
fn what_a_handler_says_of_its_exchange_is_in_the_record_however_that_ends() {
    for (target, expected) in [
        ("/sent", "200 whole"),
        ("/started", "200 whole"),
        ("/fails", "500 whole"),
        ("/trailers", "200 whole"),
        ("/upgraded", "101 upgraded"),
    ] {
        let looks = Looks(Arc::default());
        let handle = Arc::clone(&looks.0);
        let records = Records::default();
        let setup = Setup::new().with(records.kept());
        let served = setup.answer(move |exchange| answer_with_id(exchange, looks.clone()));
        *handle.lock().unwrap() = Some(served.handle.clone());
        let get = |target| {
            format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        };
        served.send(get("/before") + &get(target));
        let mut seen = Vec::new();
        for record in records.take() {
            let Id(id) = record.extensions.get::<Id>().unwrap();
            assert_eq!(record.target.as_ref().unwrap().path(), id);
            seen.push(end(&record));
        }
        assert_eq!(seen, ["200 whole", expected], "{target}");
        let said = served.peer.read();
        let trailers = said.ends_with(b"\r\n0\r\nx-a: b\r\n\r\n");
        assert_eq!(trailers, target == "/trailers");
    }
}
