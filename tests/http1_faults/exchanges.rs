//! A row of the table in conversation, and what holds of it whatever fails.

use std::time::Duration;

use support::answers::{Answer, End, answers_to, shows_cut};
use support::model;
use support::serving::{Served, Setup};
use tubes::Fount as _;
use tubes_http::{Limits, answer};

use super::table::{Heard, Log, ROWS, Row, serve};

/// Where exchanges are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the connection's own flow.
    Here,
    /// Each in a task of its own.
    Elsewhere,
}

/// What may have happened to what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// Nothing: what a handler has sent arrives.
    Arrive,
    /// Some of what a handler has sent is lost.
    AreLost,
}

/// A row in conversation.
pub(super) struct Talk {
    pub(super) row: &'static Row,
    pub(super) served: Served,
    log: Log,
    case: String,
}

/// Each row, served in each place.
pub(super) fn talks() -> impl Iterator<Item = impl Fn(&dyn std::fmt::Debug) -> Talk> {
    let places = [Place::Here, Place::Elsewhere];
    ROWS.iter().flat_map(move |row| {
        places.map(|place| move |fault: &dyn std::fmt::Debug| Talk::new(row, place, fault))
    })
}

impl Talk {
    fn new(row: &'static Row, place: Place, fault: &dyn std::fmt::Debug) -> Self {
        let log = Log::default();
        // Less than what is refused.
        let setup = Setup::new().limits(Limits::default().with_discard(8));
        let tasks = setup.tasks.clone();
        let own = Log::clone(&log);
        let served = setup.serve(async move |mut exchanges| {
            if place == Place::Here {
                let each = answer(move |exchange| serve(Log::clone(&own), exchange));
                return exchanges.flow_to(each).await;
            }
            while let Some(exchange) = exchanges.next().await? {
                drop(tasks.spawn(serve(Log::clone(&own), exchange)));
            }
            Ok(())
        });
        let case = format!("{}, {place:?}, {fault:?}", row.name);
        Self {
            row,
            served,
            log,
            case,
        }
    }

    /// All that the row sends.
    pub(super) fn feed(&self) -> &Self {
        self.served.peer.feed(self.row.sends);
        self
    }

    /// What a client makes of what it has read.
    fn told(&self) -> Vec<Told> {
        let read = self.served.peer.read();
        let switched = find(&read, b"HTTP/1.1 101 ")
            .and_then(|start| Some(start + find(&read[start..], b"\r\n\r\n")? + 4));
        let (messages, raw) = read.split_at(switched.unwrap_or(read.len()));
        let mut answers = answers_to(self.row.methods, messages);
        answers.retain(|answer| answer.status != 100);
        let mut told: Vec<Told> = answers
            .iter()
            .map(|answer| self.tell(answer))
            .collect();
        if switched.is_some() {
            let line = format!("101 {}", raw.escape_ascii());
            // A tunnel that closes in order has given back all that came.
            let finished = self.served.ends().1 == "finished";
            let whole = finished || line == self.row.answers[told.len() - 1];
            told.pop();
            let end = End::WithConnection;
            told.push(Told { line, whole, end });
        }
        told
    }

    fn tell(&self, answer: &Answer) -> Told {
        let (_, drain, _) = self.served.ends();
        let mut line = format!("{} {}", answer.status, answer.body.escape_ascii());
        for (name, value) in &answer.trailers {
            line.push_str(&format!(" {{{name}: {value}}}"));
        }
        let whole = match answer.end {
            End::Whole => true,
            // A reset says that it is cut; nothing else does.
            End::WithConnection => drain == "finished",
            _ => false,
        };
        if answer.end == End::WithConnection && whole {
            line.push('$');
        }
        let end = answer.end;
        Told { line, whole, end }
    }

    /// Nothing failed: everything was answered, and arrived.
    pub(super) fn is_whole(&self) {
        let told: Vec<String> = self
            .told()
            .into_iter()
            .map(|told| told.line)
            .collect();
        assert_eq!(told, self.row.answers, "{}", self.case);
        let tunnel = self.row.name.contains("upgrade");
        let log = self.log.borrow();
        for (number, heard) in log.iter().enumerate() {
            // One that stands has not come to its end, and may come to a bad one.
            let may_fail = tunnel && number + 1 == log.len() && self.served.ends().1 != "finished";
            let reply = heard.reply.as_deref();
            assert!(
                may_fail || reply == Some("sent"),
                "{}: {heard:?}",
                self.case
            );
        }
    }

    /// All that was told so far is the beginning of what is to be told.
    pub(super) fn is_honest_so_far(&self) {
        for (told, expected) in self.told().iter().zip(self.row.answers) {
            let begins = line_begins(&told.line, expected);
            assert!(
                begins && (!told.whole || told.line == *expected),
                "{}: {told:?}",
                self.case
            );
        }
    }

    /// Something may have failed: nothing that is not whole looks whole, nothing is served behind
    /// a failure, and who served has heard of it.
    pub(super) fn is_honest(&self, writes: Writes) {
        let case = &self.case;
        let told = self.told();
        let expected = self.row.answers;
        assert!(told.len() <= expected.len(), "{case}: {told:?}");
        for (number, (told_here, expected)) in told.iter().zip(expected).enumerate() {
            let Told { line, whole, end } = told_here;
            if *whole {
                let tunnel = line.starts_with("101 ") && line_begins(line, expected);
                assert!(line == expected || tunnel, "{case}: {line}");
                continue;
            }
            assert_eq!(
                number + 1,
                told.len(),
                "{case}: cut, and then more: {told:?}"
            );
            assert!(line_begins(line, expected), "{case}: {line}");
            let drain = self.served.ends().1;
            assert!(shows_cut(*end, drain), "{case}: cut, and {drain}");
        }
        self.is_heard(&told, writes);
    }

    /// The client has said so many bytes and no more, and nothing failed: every request that is
    /// whole is answered whole, and a tunnel has given back all that came.
    pub(super) fn answers_all_of(&self, sent: usize) {
        let (case, told) = (&self.case, self.told());
        let reading = model::read(&self.row.sends.as_bytes()[..sent]);
        let is_unfinished = matches!(reading.end, model::End::Broken(_) | model::End::CutBody(_));
        let due = reading.requests.len() - usize::from(is_unfinished);
        // Who refuses a body hears nothing behind it.
        let due = due.min(self.row.answers.len());
        let whole = told
            .iter()
            .filter(|told| told.whole)
            .count();
        assert!(whole >= due, "{case}: {told:?} for {due} requests");
        if let Some(tunnel) = told.last()
            && tunnel.line.starts_with("101 ")
        {
            let head = self.row.sends.rfind("\r\n\r\n");
            let came = &self.row.sends[head.map_or(0, |at| at + 4)..sent];
            assert_eq!(tunnel.line, format!("101 {came}"), "{case}");
            assert_eq!(self.served.ends().1, "finished", "{case}");
        }
        let log = self.log.borrow();
        assert!(log.len() >= due, "{case}: {log:?} for {due} requests");
        for heard in log.iter().take(due) {
            assert_eq!(heard.reply.as_deref(), Some("sent"), "{case}");
        }
    }

    fn is_heard(&self, told: &[Told], writes: Writes) {
        let case = &self.case;
        let log = self.log.borrow();
        for (number, heard) in log.iter().enumerate() {
            let is_last = number + 1 == log.len();
            let Heard { body, reply } = heard;
            let reply = reply
                .as_deref()
                .unwrap_or_else(|| panic!("{case}: {number} hears nothing"));
            let body_fails = body
                .as_deref()
                .is_some_and(|body| body != "finished");
            assert!(!body_fails || reply != "sent", "{case}: {heard:?}");
            assert!(
                is_last || reply == "sent",
                "{case}: served behind {heard:?}"
            );
            let arrives = told
                .get(number)
                .is_some_and(|told| told.whole);
            let is_told = arrives || reply != "sent" || writes == Writes::AreLost;
            assert!(is_told, "{case}: {number} was not told: {told:?}");
        }
    }

    /// Time passes, and nothing is left: no task, no connection, no byte.
    pub(super) fn is_over(&self) {
        let case = &self.case;
        let (fount, drain, connection) = self.served.ends();
        let unsent = self
            .log
            .borrow()
            .last()
            .is_some_and(|heard| heard.reply.as_deref() != Some("sent"));
        let fails = drain == "failed" || (unsent && connection == "failed");
        let expected = if fails { "failed" } else { "over" };
        let upgraded = self.row.name.contains("upgrade");
        // Who was given the flow hears of its end; the connection has done what it was for.
        assert!(
            connection == expected || upgraded && connection == "over",
            "{case}: {connection}, {drain}"
        );
        assert_ne!(fount, "open", "{case}");
        assert_ne!(drain, "open", "{case}");
        self.leaves_nothing();
    }

    /// The same, of a connection that was dropped.
    pub(super) fn leaves_nothing(&self) {
        let case = &self.case;
        assert_eq!(self.served.tasks.running(), 0, "{case}: hangs");
        let snapshot = self.served.handle.snapshot();
        assert_eq!(snapshot.held, 0, "{case}: bytes are held");
        assert!(snapshot.connections.is_empty(), "{case}: {snapshot:?}");
        assert_eq!(snapshot.upgraded, 0, "{case}");
    }

    /// The client closes its direction, and all timers pass.
    pub(super) fn end(&self) -> &Self {
        self.served
            .finish()
            .advance(Duration::from_secs(10));
        self
    }
}

/// A message, in a line.
#[derive(Debug)]
struct Told {
    line: String,
    /// Whether a client takes it for whole.
    whole: bool,
    end: End,
}

/// Of a head that is cut, only its beginning is there.
fn line_begins(line: &str, expected: &str) -> bool {
    line.starts_with("0 ") || expected.starts_with(line.trim_end())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes
        .windows(what.len())
        .position(|window| window == what)
}
