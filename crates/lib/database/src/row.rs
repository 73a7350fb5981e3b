//! Values of rows.

use consumer::{DependencyError, Failure, Fault};
use tokio_postgres::{Row, types::FromSql};

/// A value of a row. A type that does not fit means that the schema is not the one this binary was built for: no data is
/// to blame, so it is waited out like any outage.
///
/// # Errors
/// [`Failure::Dependency`] when the column is not there or of another type.
pub fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Failure> {
    Ok(row.try_get(at).map_err(|error| {
        let unexpected = DependencyError::new(crate::POSTGRES, format_args!("unexpected schema: {error}"));
        unexpected.with(Fault::Rejected("unexpected schema".to_owned()))
    })?)
}
