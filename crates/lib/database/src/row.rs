//! Typed access to the values of rows.

use consumer::{DependencyError, Failure, Fault};
use tokio_postgres::{Row, types::FromSql};

/// A value of a row. A type that does not fit means that the schema is not the one for which this binary was built.
/// This is not an error of the data, so the loop waits as in an outage.
///
/// # Errors
/// [`Failure::Dependency`] if the column does not exist or has another type.
pub fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Failure> {
    Ok(row.try_get(at).map_err(|error| {
        let unexpected = DependencyError::new(crate::POSTGRES, format_args!("unexpected schema: {error}"));
        unexpected.with(Fault::Rejected("unexpected schema".to_owned()))
    })?)
}
