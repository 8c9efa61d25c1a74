//! What ends the body of another connection is not the fault of this peer: who reads it here is as a
//! proxy.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use support::serving::{Served, Setup};
use tubes_http::{Body, Error, Exchange, Kind, Limits};

use super::failing::{CHUNKED, GET};

/// The body that one connection has left for another to read.
type Place = Rc<RefCell<Option<Body>>>;

/// Reads it, and fails with it.
fn reads(place: Place) -> Served {
    Setup::new().respond(move |_: Request<Body>| {
        let body = place.borrow_mut().take().unwrap();
        async move {
            let whole = body.collect(100).await?;
            Ok::<_, Error>(Response::new(Body::from(whole)))
        }
    })
}

#[test]
fn an_exchange_that_took_too_long_there_is_500_here() {
    let (left, place) = (Place::default(), Place::default());
    let leave = Rc::clone(&place);
    let there = Setup::new()
        .limits(Limits::default().with_exchange_time(Duration::from_secs(10)))
        .respond(move |request: Request<Body>| {
            *leave.borrow_mut() = Some(request.into_body());
            pending::<Result<Response<Body>, Error>>()
        });
    there.send([CHUNKED, "3\r\nab"].concat());
    left.replace(place.take());
    let here = reads(left);
    here.send(GET);
    there.advance(Duration::from_secs(10));
    here.run();
    assert_eq!(here.answers()[0].status, 500);
    assert_eq!(there.answers()[0].status, 408);
}

#[test]
fn a_reply_that_was_refused_there_is_500_here() {
    let place = Place::default();
    let leave = Rc::clone(&place);
    let there = Setup::new().answer(move |exchange: Exchange| {
        let (request, reply) = exchange.into_parts();
        *leave.borrow_mut() = Some(request.into_body());
        reply.refuse(&Error::new(Kind::BodyInvalid));
        async { Ok::<_, Error>(()) }
    });
    there.send([CHUNKED, "3\r\nab"].concat());
    let here = reads(place);
    here.send(GET);
    assert_eq!(here.answers()[0].status, 500);
    assert_eq!(there.answers()[0].status, 400);
}
