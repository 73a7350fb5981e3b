//! The login of `REFRESH_DATABASE_URL`, with which SQL of people runs, and the check that it has few rights.
//!
//! `SET ROLE` would not confine SQL: a SELECT can undo it with `set_config`. A login of its own cannot become another
//! role.

use std::{path::Path, time::Duration};

use consumer::Dependency;
use database::{Connection, Database, Role, Settings, Statement, get, statement};
use runtime::{ExitError, StartupError};

mod check;

const RIGHTS: Statement = statement!("segments/refresh/select_login_rights");
const USER: Statement = statement!("segments/refresh/select_session_user");

/// The database of the login, as errors name it.
const REFRESH_DATABASE: Role = Role {
    dependency: Dependency { name: "refresh-database", setting: "REFRESH_DATABASE_URL" },
    subject: "refresh database",
    ca_file: "REFRESH_DATABASE_CA_FILE",
    verified: false,
};

/// The login.
#[derive(Debug, Clone)]
pub struct Login {
    settings: Settings,
}

/// SQL that failed. The text is that of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct SqlError(pub(super) String);

impl Login {
    /// The login of a URL.
    ///
    /// # Errors
    /// The URL or the file cannot be used.
    pub fn new(url: &str, ca_file: Option<&Path>) -> Result<Self, ExitError> {
        let settings = Settings::of_role(REFRESH_DATABASE, url, ca_file);
        let settings = settings.map_err(|error| ExitError::Config(error.to_string()))?;
        Ok(Self { settings: settings.named("segments-refresh") })
    }

    /// Checks that the login has few rights: `database` is that of the service.
    ///
    /// # Errors
    /// It has too many, or a database does not answer.
    pub async fn verify(&self, database: &Database) -> Result<(), StartupError> {
        let transaction = database.begin().await?;
        let rows = transaction.query(&USER, []).await.map_err(ExitError::from)?;
        let service: String = rows.first().map_or(Ok(String::new()), |row| get(row, 0)).map_err(ExitError::from)?;
        transaction.rollback().await.map_err(ExitError::from)?;
        let connection = database::connect(&self.settings).await?;
        let refused = |error: String| ExitError::Config(format!("REFRESH_DATABASE_URL: {error}"));
        let rows = connection.client.query(RIGHTS.sql, &[&service]).await;
        let rows = rows.map_err(|error| refused(text(&error)))?;
        let found: Option<String> = rows.first().map_or(Ok(None), |row| get(row, 0)).map_err(ExitError::from)?;
        match found {
            None => Ok(()),
            Some(right) => {
                let text = format!(
                    "the login has too many rights: it {right}. Create one with sql/roles/create_segments_refresh_role.sql"
                );
                Err(refused(text).into())
            }
        }
    }

    /// Opens a connection whose statements end after `timeout`.
    pub(super) async fn open(&self, timeout: Duration) -> Result<Connection, SqlError> {
        let connection = database::connect(&self.settings).await;
        let connection = connection.map_err(|error| SqlError(error.to_string()))?;
        let settings = format!(
            "SET statement_timeout = {}; SET timezone = 'UTC'; SET client_connection_check_interval = '5s'",
            timeout.as_millis()
        );
        connection.client.batch_execute(&settings).await.map_err(|error| SqlError(text(&error)))?;
        Ok(connection)
    }
}

/// An error of the driver in one line, as the server says it.
pub(super) fn text(error: &impl std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
