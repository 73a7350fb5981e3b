//! The guard against a source that has shrunk: a refresh in which too many members would leave changes nothing. Pure.

use crate::changes::Difference;

/// From this number of members on half of them may leave at most.
const GUARDED: i64 = 1000;

/// Why a refresh is rejected. `None`: it may be applied.
#[must_use]
pub fn reject(difference: &Difference, max_leavers: Option<i64>) -> Option<String> {
    let Difference { members, leaving, .. } = *difference;
    let allowed = match max_leavers {
        Some(max_leavers) => max_leavers,
        None if members >= GUARDED => members / 2,
        None => return None,
    };
    let text = || {
        format!(
            "{leaving} of {members} members would leave, and at most {allowed} may; refresh with force if that is right"
        )
    };
    (leaving > allowed).then(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_half_of_a_thousand_members_may_leave() {
        let of =
            |members, leaving, max| reject(&Difference { members, leaving, ..Difference::default() }, max).is_some();
        assert!(!of(999, 999, None));
        assert!(!of(1000, 500, None));
        assert!(of(1000, 501, None));
        assert!(of(1001, 501, None));
        assert!(of(10, 3, Some(2)));
        assert!(!of(5000, 5000, Some(5000)));
    }
}
