//! Whether what a server did is what the second reader says it had to do.

use super::{End, Reading, Request};
use crate::conversation::{Outcome, Seen};
use crate::model::Field;

impl Reading {
    /// Compares with what came of the same bytes, before the client ended and behind that.
    ///
    /// # Errors
    ///
    /// The first difference, in a sentence.
    pub fn judge(&self, before: &Outcome, behind: &Outcome) -> Result<(), String> {
        let (count, seen) = (self.requests.len(), &before.requests);
        if seen.len() != count {
            return Err(format!("{} requests for {count}", seen.len()));
        }
        let is_unfinished = matches!(self.end, End::Broken(_) | End::CutBody(_));
        let whole = count - usize::from(is_unfinished);
        for (number, (expected, seen)) in self
            .requests
            .iter()
            .zip(seen)
            .enumerate()
        {
            let differs = if number < whole {
                differs(expected, seen)
            } else {
                differs_so_far(expected, seen)
            };
            differs.map_or(Ok(()), |what| Err(format!("request {number}: {what}")))?;
        }
        let answered = &before.statuses[..whole.min(before.statuses.len())];
        if answered.len() < whole
            || answered
                .iter()
                .any(|status| *status != 200)
        {
            return Err(format!("{answered:?} for {whole} requests"));
        }
        self.judge_end(&before.statuses[whole..], before)?;
        if behind.requests.len() != count || behind.statuses != before.statuses {
            return Err("the end of the client brought something new".to_owned());
        }
        let was_cut = matches!(self.end, End::CutBody(_)) && !before.is_closed();
        match behind.requests.last() {
            Some(Seen { end: Some(end), .. }) if was_cut && end.starts_with("Truncated") => Ok(()),
            last if was_cut => Err(format!("the cut is not seen: {last:?}")),
            _ => Ok(()),
        }
    }

    /// What is answered behind the whole requests, and whether the connection stays.
    fn judge_end(&self, rest: &[u16], before: &Outcome) -> Result<(), String> {
        let is_refused = |statuses: &[u16]| {
            let fits = matches!(rest, [status] if statuses.contains(status));
            fits && before.is_closed() && before.says_close
        };
        let waits = rest.is_empty() && !before.is_closed();
        let fits = match &self.end {
            End::Open => waits,
            End::Closed => rest.is_empty() && before.is_closed() && before.says_close,
            End::Refused(statuses) | End::Broken(statuses) => is_refused(statuses),
            End::CutHead(statuses) | End::CutBody(statuses) => waits || is_refused(statuses),
        };
        if fits {
            return Ok(());
        }
        let end = &self.end;
        Err(format!("{rest:?} and {:?} for {end:?}", before.ends))
    }
}

/// A request whose body is not whole.
fn differs_so_far(expected: &Request, seen: &Seen) -> Option<String> {
    if !expected.body.starts_with(&seen.body) || seen.is_whole() {
        return Some(format!("a body of {seen:?} for {expected:?}"));
    }
    differs_in_head(expected, seen)
}

fn differs_in_head(expected: &Request, seen: &Seen) -> Option<String> {
    if expected.method != seen.method || expected.target != seen.target {
        return Some(format!("{expected:?} is not {seen:?}"));
    }
    if by_name(&expected.fields) != by_name(&seen.fields) {
        return Some(format!("{:?} is not {:?}", expected.fields, seen.fields));
    }
    None
}

fn differs(expected: &Request, seen: &Seen) -> Option<String> {
    if expected.body != seen.body || !seen.is_whole() {
        return Some(format!("a body of {seen:?} for {expected:?}"));
    }
    if by_name(&expected.trailers) != by_name(&seen.trailers) {
        return Some(format!(
            "{:?} is not {:?}",
            expected.trailers, seen.trailers
        ));
    }
    differs_in_head(expected, seen)
}

/// In which order fields of different names come means nothing (RFC 9110 §5.3).
fn by_name(fields: &[Field]) -> Vec<Field> {
    let mut fields = fields.to_vec();
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    fields
}
