//! `migrate`: applies missing migrations and prints their names.

use std::time::Duration;

use database::{Database, Migrations};
use tokio::time::timeout;

use crate::{ExitError, Start, StartupError, until_available};

/// Maximum time to wait for the database. The command is run by a person or a deployment, which need a result.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// Applies missing migrations. Only the wait for a connection is limited, because a migration may take long.
pub(crate) async fn migrate(settings: &database::Settings, migrations: &Migrations) -> Result<(), ExitError> {
    let dependency = settings.role().dependency;
    let (database, start, setting) = (Database::new(settings), Start::of(&[dependency]), dependency.setting);
    let server_info = until_available(&start, async || Ok(database.ping().await?));
    if let Ok(server) = timeout(CONNECT_TIMEOUT, server_info).await {
        server?;
    } else {
        let error = start.waiting().map_or_else(String::new, |waiting| format!(": {}", waiting.error));
        return Err(ExitError::Unavailable(format!(
            "{setting}: no answer within {} s{error}",
            CONNECT_TIMEOUT.as_secs()
        )));
    }
    let applied = migrations.apply(settings).await.map_err(|error| match error.into() {
        StartupError::Refused(exit_error) => exit_error,
        StartupError::Unavailable(error) => {
            ExitError::Unavailable(format!("{setting}: lost during the migration: {error}; run it again"))
        }
    })?;
    for migration in &applied {
        println!("applied {migration}");
    }
    if applied.is_empty() {
        return nothing();
    }
    Ok(())
}

/// The result for a service whose schema is up to date, or that has none.
pub(crate) fn nothing() -> Result<(), ExitError> {
    println!("nothing to apply");
    Ok(())
}
