//! From what came back to what is to be done about the request.

use std::time::Duration;

use glasshouse_contract::{Outcome, Response};
use glasshouse_egress::SendError;
use glasshouse_ledger::Due;
use glasshouse_sandbox::CallError;
use jiff::{Timestamp, fmt::rfc2822};

/// What is to be done about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it; the call goes on with this request where it is not the next one.
    Taken { next: Option<u32> },
    /// Try again, not before the time that the receiver asked for.
    Later { failure: String, after: Option<Duration> },
    /// It will never be taken. The words may quote the receiver: they are shown on this machine alone.
    Never { reason: String },
}

/// An answer that its target's plugin could not read, in a word.
pub const NOT_READ: &str = "answer-not-read";
/// After so many attempts, the last two of which came to an answer that its target's plugin could not read, a request
/// is poison: it is asked about no more.
const UNREADABLE: u32 = 8;

/// What an answer means, as the plugin read it.
pub fn of_answer(
    response: &Response,
    read: Result<Outcome, CallError>,
    due: &Due,
    now: Timestamp,
) -> Verdict {
    // One plugin that had no time on a busy machine says nothing of a request that waited through an outage.
    let as_before = due.failure.as_ref().is_some_and(|word| word.as_str() == NOT_READ);
    let status = || format!("status-{}", response.status);
    match read {
        Ok(Outcome::Accepted) => Verdict::Taken { next: None },
        Ok(Outcome::Next(next)) => Verdict::Taken { next: Some(next) },
        Ok(Outcome::RetryAfter(seconds)) => {
            let asked =
                Duration::from_secs(seconds.into()).max(retry_after(response, now).unwrap_or_default());
            Verdict::Later { failure: status(), after: Some(asked).filter(|asked| !asked.is_zero()) }
        }
        Ok(Outcome::Rejected(why)) => Verdict::Never { reason: format!("status {}: {why}", response.status) },
        Err(error) if as_before && due.attempts + 1 >= UNREADABLE => Verdict::Never {
            reason: format!("its target cannot read the answers (status {}): {error}", response.status),
        },
        Err(_) => Verdict::Later { failure: NOT_READ.to_owned(), after: retry_after(response, now) },
    }
}

/// What it means that there was no answer.
pub fn of_failure(error: &SendError) -> Verdict {
    if error.retry() {
        Verdict::Later { failure: error.kind().to_owned(), after: None }
    } else {
        Verdict::Never { reason: error.to_string() }
    }
}

/// When the receiver wants to be asked again: seconds, or a date.
fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    let (_, value) = response.headers.iter().find(|(name, _)| name == "retry-after")?;
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(value).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use glasshouse_contract::Name;

    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Response {
        let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
        Response { status, headers: headers.into_iter().collect(), body: Vec::new() }
    }

    fn due(attempts: u32, failure: Option<&str>) -> Due {
        Due {
            id: "0".repeat(64).parse().unwrap(),
            endpoint: Name::new("ingest").unwrap(),
            step: 0,
            steps: 1,
            size: 2,
            attempts,
            failure: failure.map(|word| Name::new(word).unwrap()),
            jumps: 0,
        }
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn later(outcome: Outcome, retry_after: Option<&str>) -> Option<u64> {
        match of_answer(&answer(503, retry_after), Ok(outcome), &due(0, None), now()) {
            Verdict::Later { failure, after } => {
                assert_eq!(failure, "status-503");
                after.map(|after| after.as_secs())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_longer_of_what_plugin_and_receiver_ask_for_counts() {
        assert_eq!(later(Outcome::RetryAfter(60), None), Some(60));
        assert_eq!(later(Outcome::RetryAfter(60), Some("120")), Some(120));
        assert_eq!(later(Outcome::RetryAfter(600), Some("120")), Some(600));
        assert_eq!(later(Outcome::RetryAfter(0), Some("Sun, 01 Mar 2026 12:05:00 GMT")), Some(300));
    }

    #[test]
    fn a_time_that_is_none_or_over_is_no_time() {
        for value in ["", "soon", "-5", "Sun, 01 Mar 2026 11:00:00 GMT"] {
            assert_eq!(later(Outcome::RetryAfter(0), Some(value)), None, "{value}");
        }
    }

    #[test]
    fn answers_that_cannot_be_read_go_aside_in_the_end() {
        let trap = || Err(CallError::Contract("it said nothing".to_owned()));
        let read = |attempts, failure| of_answer(&answer(200, None), trap(), &due(attempts, failure), now());
        let later = Verdict::Later { failure: "answer-not-read".to_owned(), after: None };
        assert_eq!(read(0, None), later);
        assert_eq!(read(UNREADABLE - 2, Some("answer-not-read")), later);
        let late = read(UNREADABLE - 1, Some("answer-not-read"));
        assert!(matches!(late, Verdict::Never { .. }), "{late:?}");
        // Where nobody answered before, it is the first that cannot be read.
        assert_eq!(read(UNREADABLE + 9, Some("connect")), later);
    }
}
