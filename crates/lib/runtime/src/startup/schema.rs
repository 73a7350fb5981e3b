//! Whether a database has the tables that this release needs.

use database::Migrations;

use crate::{ExitError, StartupError};

/// Refuses a schema that lacks migrations: statements would fail for ever.
///
/// # Errors
/// When migrations are missing, and when the database does not answer.
pub async fn require(
    database: &database::Settings,
    migrations: &Migrations,
    service: &str,
) -> Result<(), StartupError> {
    let pending = migrations.pending(database).await?;
    if pending.is_empty() { Ok(()) } else { Err(ExitError::Unavailable(advice(&pending, service)).into()) }
}

/// What to do about migrations that are missing.
pub(crate) fn advice(pending: &[String], service: &str) -> String {
    format!("DATABASE_URL: the schema lacks {}; run `{service} migrate`", pending.join(", "))
}
