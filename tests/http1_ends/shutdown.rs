//! A server that is told to stop, and a connection.

use http::{Request, Response};
use support::serving::Setup;
use tubes::{Fount, stages};
use tubes_http::{Body, Error, respond};

use super::failing::{CHUNKED, CLOSED, GET, LINGERS, OPEN, POST_10, echo, hello};

#[test]
fn an_idle_connection_closes_at_once() {
    for used in [false, true] {
        let (setup, stop) = Setup::new().until();
        let served = setup.respond(hello);
        if used {
            served.send(GET);
        }
        served.run();
        assert_eq!(served.ends(), OPEN);
        drop(stop);
        served.run();
        assert_eq!(served.ends(), LINGERS);
        served.send(GET).finish();
        assert_eq!(served.lines().len(), usize::from(used));
        assert_eq!(served.ends(), CLOSED);
    }
}

/// As one server for many is put on each connection.
#[test]
fn one_connection_is_ended_by_a_stage_behind_its_server() {
    for running in [false, true] {
        let (stop, told) = tokio::sync::oneshot::channel::<()>();
        let served = Setup::new().serve(|exchanges| {
            exchanges
                .through(stages::until(told))
                .flow_to(respond(async |request: Request<Body>| {
                    let whole = request.into_body().collect(10).await?;
                    Ok::<_, Error>(Response::new(Body::from(whole)))
                }))
        });
        if running {
            served.send(POST_10).send("01234");
        }
        assert_eq!(served.ends(), OPEN);
        drop(stop);
        served.run();
        if running {
            assert_eq!(served.ends(), OPEN);
            served.send("56789").send(GET);
            assert_eq!(served.lines(), ["200 0123456789"]);
            assert!(served.answers()[0].closes());
        }
        // An idle one hears the word of the stage, one that is busy its own end.
        let end = if running { "finished" } else { "enough" };
        assert_eq!(served.ends(), ("open", end, "runs"));
        served.finish();
        assert_eq!(served.ends(), ("enough", end, "over"));
    }
}

#[test]
fn a_running_exchange_is_finished_and_its_head_says_close() {
    let (setup, stop) = Setup::new().until();
    let served = setup.respond(async |request: Request<Body>| {
        let whole = request.into_body().collect(10).await?;
        Ok::<_, Error>(Response::new(Body::from(whole)))
    });
    served.send(POST_10).send("01234");
    drop(stop);
    served.run();
    assert_eq!(served.ends(), OPEN);
    served.send("56789").send(GET);
    assert_eq!(served.lines(), ["200 0123456789"]);
    assert!(served.answers()[0].closes());
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn what_is_discarded_and_what_is_pipelined_is_not_followed_by_another_exchange() {
    let (setup, stop) = Setup::new().until();
    let served = setup.respond(hello);
    served.send(POST_10).send("01234");
    drop(stop);
    served.run();
    assert_eq!(served.ends(), OPEN);
    served.send("56789").send(GET);
    assert_eq!(served.lines(), ["200 Hello"]);
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn a_reply_that_has_begun_is_finished_and_then_the_connection_closes() {
    let (setup, stop) = Setup::new().until();
    let served = setup.respond(echo);
    served.send(CHUNKED).send("1\r\na\r\n");
    drop(stop);
    served.run();
    served
        .send("1\r\nb\r\n")
        .send("0\r\n\r\n")
        .send(GET);
    assert_eq!(served.lines(), ["200 ab"]);
    assert_eq!(served.ends(), LINGERS);
}
