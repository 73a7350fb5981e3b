//! `migrate`: brings the schema up to date and says what it did.

use std::time::Duration;

use consumer::LoopHealth;
use database::Database;
use tokio::time::timeout;

use crate::{ExitError, StartupError, startup::retry};

/// How long a database may take to come up before the command gives up: it is started by a person or a deployment, both
/// of which want an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// Applies the migrations that are missing. Only the wait for a connection is bounded: a migration takes its time.
pub(crate) async fn migrate(settings: &database::Settings, migrations: &Migrations) -> Result<(), ExitError> {
    let pool = Database::new(database);
    let loop_health = LoopHealth::default();
    let server_info = retry::until_available(&loop_health, async || Ok(pool.ping().await?));
    if let Ok(server) = timeout(CONNECT_TIMEOUT, server_info).await {
        server?;
    } else {
        let error = loop_health.waiting().map_or_else(String::new, |waiting| format!(": {}", waiting.error));
        return Err(ExitError::Unavailable(format!(
            "DATABASE_URL: no answer within {} s{error}",
            CONNECT_TIMEOUT.as_secs()
        )));
    }
    let applied = database::migrate(database).await.map_err(|error| match error.into() {
        StartupError::Refused(exit_error) => exit_error,
        StartupError::Unavailable(error) => {
            ExitError::Unavailable(format!("DATABASE_URL: lost while migrating: {error}; run it again"))
        }
    })?;
    for migration in &applied {
        println!("applied {migration}");
    }
    if applied.is_empty() {
        println!("nothing to apply");
    }
    Ok(())
}
