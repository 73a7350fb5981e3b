//! A change of an audience, as subscribers receive it. Pure.

use database::PgTimestamp;
use serde::Serialize;
use uuid::Uuid;

/// A user joined or left the audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    pub op: Op,
    /// `<subscription>:<guid>:<sequence>`. The same change always has the same id.
    pub change_id: String,
    /// Grows with each change of a user. A receiver applies a change only if its sequence is above the last one of that user.
    pub sequence: i64,
    /// Who.
    pub user: User,
    /// Of the membership.
    pub hash_email: Option<String>,
    /// Of the membership.
    pub hash_phone: Option<String>,
    /// The begin of the membership, RFC 3339.
    pub since: String,
    /// The name of the segment.
    pub segment: String,
    /// The name of the audience at the target.
    pub audience: String,
    /// The membership. It is not sent.
    #[serde(skip)]
    pub membership_id: i64,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// The user is a member.
    Added,
    /// The user is no member any more.
    Removed,
}

/// The ids of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// For others.
    pub guid: Uuid,
    /// In the source.
    pub source_id: Option<String>,
    /// In the service.
    pub user_id: i32,
}

impl Op {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// Microseconds from 1970 to 2000.
const EPOCH: i64 = 946_684_800_000_000;

/// The sequence of a change at this instant: the begin of a membership that was added, the end of one that was removed. A user who
/// leaves and returns at one instant is removed first.
#[must_use]
pub const fn sequence(op: Op, at: PgTimestamp) -> i64 {
    let twice = at.micros().saturating_add(EPOCH).saturating_mul(2);
    match op {
        Op::Removed => twice,
        Op::Added => twice.saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_at_the_instant_of_the_end_comes_after_the_removal() {
        let at = PgTimestamp::new("2026-11-24T12:00:00.000001".parse::<jiff::civil::DateTime>().unwrap());
        assert_eq!(sequence(Op::Removed, at), 2 * 1_795_521_600_000_001);
        assert_eq!(sequence(Op::Added, at), sequence(Op::Removed, at) + 1);
        let later = PgTimestamp::from_micros(at.micros() + 1);
        assert!(sequence(Op::Removed, later) > sequence(Op::Added, at), "the shortest stay");
    }

    #[test]
    fn the_json_has_the_fields_of_the_contract_in_their_order() {
        let change = Change {
            op: Op::Added,
            change_id: "7:45643d9d-c98d-5888-9743-20b85ecf0752:3591043200000001".to_owned(),
            sequence: 3_591_043_200_000_001,
            user: User {
                guid: "45643d9d-c98d-5888-9743-20b85ecf0752".parse().unwrap(),
                source_id: Some("s1".to_owned()),
                user_id: 1,
            },
            hash_email: None,
            hash_phone: Some("h".to_owned()),
            since: "2026-11-24T12:00:00Z".to_owned(),
            segment: "A".to_owned(),
            audience: "A".to_owned(),
            membership_id: 9,
        };
        let json = serde_json::to_string(&change).unwrap();
        assert_eq!(
            json,
            r#"{"op":"added","change_id":"7:45643d9d-c98d-5888-9743-20b85ecf0752:3591043200000001","sequence":3591043200000001,"user":{"guid":"45643d9d-c98d-5888-9743-20b85ecf0752","source_id":"s1","user_id":1},"hash_email":null,"hash_phone":"h","since":"2026-11-24T12:00:00Z","segment":"A","audience":"A"}"#
        );
    }
}
