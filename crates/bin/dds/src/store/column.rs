//! Conversion of rows to columns: statements take one array per column, so the number of parameters does not grow with
//! the batch.

use consumer::{DependencyError, Failure, Fault};
use database::{Row, get};
use jiff::civil::DateTime;
use orders::UtcMicros;

/// Builds one column of some rows.
pub(super) fn column<R, T>(rows: impl IntoIterator<Item = R>, value: impl FnMut(R) -> T) -> Vec<T> {
    rows.into_iter().map(value).collect()
}

/// An array literal, for a column of arrays of different lengths. The values are numbers and UUIDs, which need no
/// quoting.
pub(super) fn array_literal<T: std::fmt::Display>(values: impl Iterator<Item = T>) -> String {
    use std::fmt::Write as _;
    let mut literal = String::with_capacity(128);
    literal.push('{');
    for value in values {
        let separator = if literal.len() > 1 { "," } else { "" };
        let _ = write!(literal, "{separator}{value}");
    }
    literal.push('}');
    literal
}

/// Reads a timestamp from a row.
pub(super) fn get_utc_micros(row: &Row, at: usize) -> Result<UtcMicros, Failure> {
    let civil: DateTime = get(row, at)?;
    let moment = UtcMicros::from_civil(civil);
    Ok(moment.ok_or_else(|| unreadable(format_args!("{civil} is outside the years 0 to 9999")))?)
}

/// The error for a value that this service cannot have written. Every order that needs it waits, and the error names
/// the value.
pub(super) fn unreadable(what: impl std::fmt::Display) -> DependencyError {
    DependencyError::new(database::POSTGRES, what).with(Fault::Rejected("unreadable".to_owned()))
}
