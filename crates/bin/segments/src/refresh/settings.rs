//! The settings of refreshes and of tags.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use database::Database;
use runtime::{
    ExitError,
    settings::{Secret, period},
};

use super::{Login, Refresher};

/// The settings of refreshes.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Automatic segments")]
pub struct RefreshSettings {
    /// URL of the database, with the login that runs the SQL of segments and sources. Unset: no such SQL runs.
    ///
    /// The service does not start if the login has too many rights, for example if it is a superuser, can become the role of DATABASE_URL,
    /// or can read keys, secrets and subscriptions. `sql/roles/create_segments_refresh_role.sql` creates a login with few rights.
    #[arg(long, env = "REFRESH_DATABASE_URL", value_name = "URL")]
    pub refresh_database_url: Option<Secret>,

    /// File with the certificate authority (PEM) of the database of REFRESH_DATABASE_URL. Unset: the authorities of the system.
    #[arg(long, env = "REFRESH_DATABASE_CA_FILE", value_name = "FILE")]
    pub refresh_database_ca_file: Option<PathBuf>,

    /// Maximum time that the query or procedure of a segment may take.
    #[arg(long, env = "REFRESH_TIMEOUT", value_name = "DURATION", value_parser = period, default_value = "10m")]
    pub refresh_timeout: Duration,

    /// Whether each tag of the order warehouse is a segment. With `on`, the schema `cdm` of the order warehouse must be in the database of
    /// DATABASE_URL.
    #[arg(long, env = "TAG_SEGMENTS", value_name = "TAGS", value_enum, default_value = "off")]
    pub tag_segments: TagSegments,

    /// Topic whose records name the users whose tags have changed. The service reads it if TAG_SEGMENTS is `on` and KAFKA_BOOTSTRAP_SERVERS
    /// is set.
    #[arg(long, env = "KAFKA_TAG_TOPIC", value_name = "TOPIC", default_value = "cdm-service-tags")]
    pub kafka_tag_topic: String,
}

/// Whether tags are segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TagSegments {
    /// Each tag is a segment.
    On,
    /// Tags are not segments.
    Off,
}

impl RefreshSettings {
    /// What refreshes segments of this database.
    ///
    /// # Errors
    /// REFRESH_DATABASE_URL cannot be used.
    pub fn refresher(&self, database: Database) -> Result<Refresher, ExitError> {
        let url = self.refresh_database_url.as_ref();
        let login = url.map(|url| Login::new(url.expose(), self.refresh_database_ca_file.as_deref()));
        Ok(Refresher::new(database, login.transpose()?, self.refresh_timeout))
    }
}
