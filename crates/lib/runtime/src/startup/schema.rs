//! Whether the warehouse has the tables this release writes to.

use crate::{ExitError, StartupError};

/// Refuses a schema that lacks migrations: the first batch would fail half-way, for ever.
pub(crate) async fn require(database: &database::Settings, service: &str) -> Result<(), StartupError> {
    let pending = database::pending(database).await?;
    if pending.is_empty() { Ok(()) } else { Err(ExitError::Unavailable(advice(&pending, service)).into()) }
}

/// What to do about migrations that are missing.
pub(crate) fn advice(pending: &[String], service: &str) -> String {
    format!("DATABASE_URL: the schema lacks {}; run `{service} migrate`", pending.join(", "))
}
