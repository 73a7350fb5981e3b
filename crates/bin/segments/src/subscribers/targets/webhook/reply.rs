//! What the answer of a receiver means. Pure.

use std::time::Duration;

use http_client::Bytes;
use jiff::Timestamp;

use crate::subscribers::target::Stop;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The body. `None`: it is too large.
    pub body: Option<Bytes>,
}

/// Its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The changes have arrived.
    Acknowledged,
    /// The receiver does not want at least one of them. The text is its response.
    Rejected(String),
    /// None has arrived.
    Stop(Stop),
}

/// The longest response that is kept, in characters.
const MAX_RESPONSE: usize = 2000;

/// The longest time that a receiver may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(86_400);

/// The meaning of an answer.
#[must_use]
pub fn reply(received: &Received, now: Timestamp) -> Reply {
    let Received { status, retry_after, body } = received;
    match status {
        200..=299 => Reply::Acknowledged,
        400 | 413 | 422 => Reply::Rejected(response(*status, body.as_deref())),
        410 => Reply::Stop(Stop::Gone("the receiver answers with 410".to_owned())),
        300..=399 => retry(format!("the receiver answers with {status}; redirects are not followed"), None),
        status => {
            let after = retry_after.as_deref().and_then(|text| delay(text, now));
            retry(format!("the receiver answers with {status}"), after)
        }
    }
}

fn retry(error: String, after: Option<Duration>) -> Reply {
    Reply::Stop(Stop::Retry { error, after })
}

/// The time of `Retry-After`: seconds, or a date.
fn delay(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let after = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Duration::try_from(at.duration_since(now)).ok()?
        }
    };
    Some(after.min(MAX_RETRY_AFTER))
}

/// Status and body, as people see them. PostgreSQL stores no U+0000.
fn response(status: u16, body: Option<&[u8]>) -> String {
    let body = body.map(String::from_utf8_lossy).unwrap_or_default();
    let body: String = body.chars().filter(|letter| *letter != '\0').take(MAX_RESPONSE).collect();
    format!("{status} {body}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, retry_after: Option<&str>) -> Reply {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let retry_after = retry_after.map(ToOwned::to_owned);
        reply(&Received { status, retry_after, body: Some("why\0".into()) }, now)
    }

    fn waits(reply: Reply) -> Option<u64> {
        match reply {
            Reply::Stop(Stop::Retry { after, .. }) => after.map(|after| after.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        for status in [200, 202, 204, 299] {
            assert_eq!(of(status, None), Reply::Acknowledged);
        }
        for status in [400, 413, 422] {
            assert_eq!(of(status, None), Reply::Rejected(format!("{status} why")));
        }
        assert!(matches!(of(410, None), Reply::Stop(Stop::Gone(_))));
        for status in [100, 301, 302, 307, 308, 401, 403, 404, 409, 429, 500, 503] {
            assert!(matches!(of(status, None), Reply::Stop(Stop::Retry { .. })), "{status}");
        }
    }

    #[test]
    fn a_receiver_says_when_to_try_again_in_seconds_or_by_a_date() {
        assert_eq!(waits(of(503, Some("120"))), Some(120));
        assert_eq!(waits(of(429, Some("Tue, 24 Nov 2026 12:01:00 GMT"))), Some(60));
        assert_eq!(waits(of(503, Some("Tue, 24 Nov 2026 11:00:00 GMT"))), None, "it is over");
        assert_eq!(waits(of(503, Some("soon"))), None);
        assert_eq!(waits(of(503, Some("99999999"))), Some(86_400));
    }
}
