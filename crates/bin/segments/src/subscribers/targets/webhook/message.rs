//! The messages of a webhook: changes of an audience, and its end. Pure.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::subscribers::{Change, target::Audience};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// A hash of the content: the same content has the same id.
    pub id: String,
    /// JSON.
    pub body: String,
}

#[derive(Serialize)]
struct Body<'a, T> {
    r#type: &'static str,
    timestamp: String,
    data: &'a T,
}

/// Changes, perhaps none.
#[must_use]
pub fn message(audience: &Audience, changes: &[Change], now: Timestamp) -> Message {
    #[derive(Serialize)]
    struct Data<'a> {
        subscription: i32,
        changes: &'a [Change],
    }
    of("segment.members.changed", &Data { subscription: audience.subscription_id, changes }, now)
}

/// The end of the audience.
#[must_use]
pub fn removal(audience: &Audience, now: Timestamp) -> Message {
    #[derive(Serialize)]
    struct Data<'a> {
        subscription: i32,
        segment: &'a str,
        audience: &'a str,
    }
    let Audience { subscription_id, name, segment } = audience;
    of("segment.audience.removed", &Data { subscription: *subscription_id, segment, audience: name }, now)
}

/// The id is a hash of type and data. The timestamp is that of the attempt, so it is no part of it.
fn of(r#type: &'static str, data: &impl Serialize, now: Timestamp) -> Message {
    let content = serde_json::to_vec(data).unwrap_or_default();
    let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(r#type).chain_update(content).finalize());
    let body = Body { r#type, timestamp: now.to_string(), data };
    Message { id: format!("msg_{hash}"), body: serde_json::to_string(&body).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_the_same_content_is_the_same_at_any_time() {
        let audience = Audience { subscription_id: 7, name: "A".to_owned(), segment: "B".to_owned() };
        let (first, later) = ("2026-11-24T12:00:00Z".parse().unwrap(), "2026-11-25T12:00:00Z".parse().unwrap());
        let (one, two) = (message(&audience, &[], first), message(&audience, &[], later));
        assert!(one.id == two.id && one.body != two.body, "{one:?} {two:?}");
        assert_eq!(
            one.body,
            r#"{"type":"segment.members.changed","timestamp":"2026-11-24T12:00:00Z","data":{"subscription":7,"changes":[]}}"#
        );
        let end = removal(&audience, first);
        assert!(end.id != one.id && end.id.len() == 47, "{end:?}");
        assert_eq!(
            end.body,
            r#"{"type":"segment.audience.removed","timestamp":"2026-11-24T12:00:00Z","data":{"subscription":7,"segment":"B","audience":"A"}}"#
        );
    }
}
