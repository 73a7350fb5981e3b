//! The lines of a CSV file of an audience. Pure.

use crate::{go::csv::field, subscribers::Change};

/// The first line.
const HEADER: &str = "op,guid,source_id,user_id,hash_email,hash_phone,since\n";

/// The lines of these changes, after the header if they are the first ones of a file.
#[must_use]
pub fn lines(is_first: bool, changes: &[Change]) -> String {
    let mut lines = if is_first { HEADER.to_owned() } else { String::new() };
    for change in changes {
        let text = |text: &Option<String>| field(text.as_deref().unwrap_or_default()).into_owned();
        let (op, guid, user_id) = (change.op.name(), change.user.guid, change.user.user_id);
        let (source_id, hash_email, hash_phone) =
            (text(&change.user.source_id), text(&change.hash_email), text(&change.hash_phone));
        lines += &format!("{op},{guid},{source_id},{user_id},{hash_email},{hash_phone},{}\n", change.since);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscribers::{Op, change::User};

    #[test]
    fn a_line_has_the_columns_of_the_header_and_quotes_what_needs_it() {
        let change = Change {
            op: Op::Removed,
            change_id: String::new(),
            sequence: 0,
            user: User { guid: "45643d9d-c98d-5888-9743-20b85ecf0752".parse().unwrap(), source_id: None, user_id: 7 },
            hash_email: Some("a,\"b".to_owned()),
            hash_phone: None,
            since: "2026-11-24T12:00:00Z".to_owned(),
            segment: "A".to_owned(),
            audience: "A".to_owned(),
            membership_id: 1,
        };
        let line = "removed,45643d9d-c98d-5888-9743-20b85ecf0752,,7,\"a,\"\"b\",,2026-11-24T12:00:00Z\n";
        assert_eq!(lines(false, std::slice::from_ref(&change)), line);
        assert_eq!(lines(true, &[change]), format!("{HEADER}{line}"));
        assert_eq!(lines(true, &[]), HEADER);
        assert_eq!(lines(false, &[]), "");
    }
}
