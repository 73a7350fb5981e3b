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
    match pending.is_empty() {
        true => Ok(()),
        false => Err(ExitError::Unavailable(advice(database, &pending, service)).into()),
    }
}

/// What to do about migrations that are missing.
pub(crate) fn advice(database: &database::Settings, pending: &[String], service: &str) -> String {
    let setting = database.role().dependency.setting;
    format!("{setting}: the schema lacks {}; run `{service} migrate`", pending.join(", "))
}
