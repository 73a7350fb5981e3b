//! Guards of deletes: when a cycle may not delete, and why. Pure.

/// How many rows may always be deleted.
const SMALL: u64 = 100;

/// What a comparison of keys would delete.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Deletes {
    /// Keys that M has.
    pub(crate) source_keys: u64,
    /// Rows of A before the deletes.
    pub(crate) target_rows: u64,
    /// Rows that would go.
    pub(crate) rows: u64,
    /// MAX_DELETE_RATIO.
    pub(crate) max_ratio: f64,
}

impl Deletes {
    /// Why the deletes must wait for a person; `None` if they may go on.
    pub(crate) fn held(&self) -> Option<String> {
        let Self { source_keys, target_rows, rows, max_ratio } = *self;
        if source_keys == 0 && target_rows > 0 {
            return Some(format!("SELECT_KEYS_SQL returns no keys while the table has {target_rows} rows"));
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio need not be exact to a row in 2^53")]
        let too_many = rows > SMALL && rows as f64 > max_ratio * target_rows as f64;
        too_many
            .then(|| format!("{rows} of {target_rows} rows would be deleted, more than MAX_DELETE_RATIO {max_ratio}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Deletes;

    fn held(source_keys: u64, target_rows: u64, rows: u64, max_ratio: f64) -> bool {
        Deletes { source_keys, target_rows, rows, max_ratio }.held().is_some()
    }

    #[test]
    fn deletes_are_held_if_the_key_query_returns_no_rows() {
        assert!(held(0, 1, 1, 1.0));
        assert!(!held(0, 0, 0, 0.2));
    }

    #[test]
    fn deletes_of_more_than_100_rows_and_the_ratio_are_held() {
        assert!(!held(5, 105, 100, 0.2), "up to 100 rows may always go");
        assert!(held(5, 106, 101, 0.2));
        assert!(!held(800, 1000, 200, 0.2));
        assert!(held(799, 1000, 201, 0.2));
        assert!(!held(1, 1000, 999, 1.0));
    }
}
