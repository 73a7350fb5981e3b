//! Check of the schema: whether all migrations of this release are applied.

use database::Migrations;

use crate::{ExitError, StartupError};

/// Rejects a schema that lacks migrations, because statements would fail permanently.
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

/// The advice for missing migrations.
pub(crate) fn advice(database: &database::Settings, pending: &[String], service: &str) -> String {
    let setting = database.role().dependency.setting;
    format!("{setting}: the schema lacks {}; run `{service} migrate`", pending.join(", "))
}
