//! A user as API v2 names one: GUID, number, or `source:` and the id in the source.

use consumer::Failure;
use database::{Row, get};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use crate::changes::Who;

/// The longest id in the source, in bytes.
const MAX_SOURCE_ID: usize = 1024;

/// The three names of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserIds {
    guid: Uuid,
    /// The number, as in API v1.
    user_id: i32,
    /// The id in the source, if it is known.
    source_id: Option<String>,
}

impl UserIds {
    /// Of three columns of a row.
    pub(super) fn of(row: &Row, user_id: usize, guid: usize, source_id: usize) -> Result<Self, Failure> {
        Ok(Self { guid: get(row, guid)?, user_id: get(row, user_id)?, source_id: get(row, source_id)? })
    }
}

/// The user of a text. `None`: it names none.
pub(super) fn parse(text: &str) -> Option<Who> {
    if let Some(source_id) = text.strip_prefix("source:") {
        let is_valid = !source_id.is_empty() && source_id.len() <= MAX_SOURCE_ID && !source_id.contains('\0');
        return is_valid.then(|| Who::Source(source_id.to_owned()));
    }
    // `Uuid` reads other notations, too.
    let is_guid = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_guid {
        return Uuid::try_parse(text).ok().map(Who::Guid);
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok().map(Who::Id)).flatten()
}

/// The user of a path.
pub(super) fn path(text: &str) -> Result<Who, Problem> {
    parse(text).ok_or_else(|| {
        let detail = "the user has to be a GUID, a number, or `source:` and the id in the source";
        Problem::invalid("invalid_user", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_guid_by_number_or_by_source_id() {
        let guid = "45643d9d-c98d-5888-9743-20b85ecf0752";
        assert_eq!(parse(guid), Some(Who::Guid(Uuid::try_parse(guid).unwrap())));
        assert_eq!(parse("7"), Some(Who::Id(7)));
        assert_eq!(parse("source:7"), Some(Who::Source("7".to_owned())));
        for wrong in ["", "-1", "+1", "2147483648", "anna", "source:", "source:a\0", "45643d9dc98d5888974320b85ecf0752"]
        {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
