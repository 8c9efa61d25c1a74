//! `Handle::serve`: a server from its first connection to its report, in one call.

use std::future::{Future, pending, ready};
use std::rc::Rc;

use http::{Request, Response};
use support::serving::{Served, Setup, Site};
use support::tasks::Output;
use tokio::sync::oneshot;
use tubes_http::{Body, Report};

use super::kit::{Answer, GET, secs};

type Ended = Result<(), tubes::Error>;

/// Serves until told to stop, with ten seconds for what is left.
fn serve(
    site: &Site,
    serving: impl Future<Output = Ended> + 'static,
) -> (Output<Result<Report, tubes::Error>>, oneshot::Sender<()>) {
    let handle = site.handle();
    let (tell, stop) = oneshot::channel();
    let report = site.tasks.spawn(async move {
        handle
            .serve(serving, stop, secs(10))
            .await
    });
    site.tasks.run();
    (report, tell)
}

/// A connection whose handler never answers.
fn stuck(site: &Site) -> Served {
    let stuck = site.respond(async |_: Request<Body>| -> Answer {
        pending::<()>().await;
        Ok(Response::new(Body::empty()))
    });
    stuck.send(GET);
    stuck
}

#[test]
fn what_serves_is_driven_until_the_report_is_there_and_dropped_then() {
    let site = Setup::new().site();
    let stuck = stuck(&site);
    let held = Rc::new(());
    let guard = Rc::clone(&held);
    let (report, stop) = serve(&site, async move {
        let _guard = guard;
        pending().await
    });
    stop.send(()).unwrap();
    stuck.run().advance(secs(9));
    assert_eq!(
        (report.peek().is_some(), Rc::strong_count(&held)),
        (false, 2)
    );
    stuck.advance(secs(1));
    assert_eq!(report.take().unwrap().unwrap().cut, 1);
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn a_server_whose_listener_ends_at_the_stop_still_reports() {
    let site = Setup::new().site();
    let stuck = stuck(&site);
    let stopping = stuck.handle.stopping();
    let (report, stop) = serve(&site, async move {
        stopping.await;
        Ok(())
    });
    stop.send(()).unwrap();
    stuck.run().advance(secs(9));
    assert!(report.peek().is_none());
    stuck.advance(secs(1));
    assert_eq!(report.take().unwrap().unwrap().cut, 1);
}

#[test]
fn a_shutdown_by_another_handle_is_heard() {
    let site = Setup::new().site();
    let (report, _stop) = serve(&site, pending());
    assert!(report.peek().is_none());
    site.shut_down(secs(1));
    assert_eq!(report.take().unwrap().unwrap(), Report::default());
}

#[test]
fn what_serves_may_end_or_fail_by_itself() {
    let site = Setup::new().site();
    let failure = tubes::Error::user("no more sockets");
    let (report, _stop) = serve(&site, ready(Ok(())));
    assert_eq!(report.take().unwrap().unwrap(), Report::default());
    let (report, _stop) = serve(&site, ready(Err(failure)));
    let error = report.take().unwrap().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no more sockets"),
        "{error}"
    );
}
