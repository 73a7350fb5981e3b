//! `/segments/{name}/members`: lists, export, batch and import.

use std::borrow::Cow;

use super::problem::Problem;
use crate::changes::CannotApply;

mod csv;
pub(super) mod list;
pub(super) mod export;
pub(super) mod batch;
pub(super) mod import;

/// Why none of the items is applied.
fn cannot(reason: CannotApply, name: &str) -> Problem {
    match reason {
        CannotApply::UnknownSegment => Problem::no_segment(name),
        CannotApply::DeletedSegment => Problem::deleted_segment(name),
        CannotApply::TagSegment => Problem::tag_segment(name),
        CannotApply::JoinsAndLeaves => joins_and_leaves(),
    }
}

fn joins_and_leaves() -> Problem {
    Problem::invalid("user_in_both_lists", "a user is to be added and to be removed; send the user in one list only")
}

/// What is wrong with an item, for people.
fn explain(code: &str) -> Cow<'static, str> {
    match code {
        "invalid_user" => "the user has to be a GUID, a number, or `source:` and the id in the source",
        "invalid_until" => "until has to be a time as in RFC 3339, ttl 1 to 3155760000 seconds, and not both be given",
        "invalid_line" => {
            "the line has to have one field, `user`, or two, `user,until`, and at most 4096 bytes of UTF-8"
        }
        "user_not_found" => "there is no such user",
        "user_removed" => "the user is removed",
        "user_repeated" => "the user is in a later item, which counts",
        "membership_managed" => "the membership is kept by the refresh of the segment",
        "until_in_the_past" => "until is not in the future",
        other => return Cow::Owned(other.to_owned()),
    }
    .into()
}
