//! Settings of elt-service.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;
use consumer::Dependency;
use database::settings::Role;
use runtime::{
    ExitError, LogFile,
    settings::{Secret, period, whole_number},
};
use schedule::Schedule;

use super::servers::Servers;

/// M, the database that is read.
pub(crate) const SOURCE: Role = Role {
    dependency: Dependency { name: "source", setting: "SOURCE_DATABASE_URL" },
    subject: "source database",
    ca_file: "SOURCE_DATABASE_CA_FILE",
    verified: false,
};

/// A, the database that is written.
pub(crate) const TARGET: Role = Role {
    dependency: Dependency { name: "target", setting: "TARGET_DATABASE_URL" },
    subject: "target database",
    ca_file: "TARGET_DATABASE_CA_FILE",
    verified: true,
};

/// What can be set beside the settings of every service.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Settings {
    /// The servers.
    #[command(flatten)]
    pub(crate) servers: ServerSettings,
    /// The jobs.
    #[command(flatten)]
    pub(crate) jobs: JobSettings,
    /// The log files.
    #[command(flatten)]
    pub(crate) log: LogFileSettings,
}

/// The databases and Redis.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct ServerSettings {
    /// M.
    #[command(flatten)]
    pub(crate) source: SourceSettings,
    /// A.
    #[command(flatten)]
    pub(crate) target: TargetSettings,
    /// Redis.
    #[command(flatten)]
    pub(crate) redis: RedisSettings,
}

/// The database that is read.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Servers")]
pub(crate) struct SourceSettings {
    /// URL of the database that is read: `postgres://user:password@host:5432/database?sslmode=verify-full`. Required.
    ///
    /// The role needs SELECT on the tables of the queries, and no other right. `sslmode` is `disable`, `prefer` (the default), `require`,
    /// `verify-ca` or `verify-full`. `disable`, `prefer` and `require` verify no certificate. The host may be a pooler in transaction mode,
    /// which the service detects. It may be a standby.
    #[arg(long, env = "SOURCE_DATABASE_URL", value_name = "URL")]
    pub(crate) source_database_url: Secret,

    /// File with the certificate authority (PEM) of the database that is read. Unset: the authorities of the system.
    #[arg(long, env = "SOURCE_DATABASE_CA_FILE", value_name = "PATH")]
    pub(crate) source_database_ca_file: Option<PathBuf>,
}

/// The database that is written.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Servers")]
pub(crate) struct TargetSettings {
    /// URL of the database that is written. Required.
    ///
    /// The URL has the same form as SOURCE_DATABASE_URL. The role owns the target tables and the schema `elt`. The encoding of the database
    /// must be UTF8.
    #[arg(long, env = "TARGET_DATABASE_URL", value_name = "URL")]
    pub(crate) target_database_url: Secret,

    /// File with the certificate authority (PEM) of the database that is written. Unset: the authorities of the system.
    #[arg(long, env = "TARGET_DATABASE_CA_FILE", value_name = "PATH")]
    pub(crate) target_database_ca_file: Option<PathBuf>,
}

/// The cache of hashes.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Servers")]
pub(crate) struct RedisSettings {
    /// URL of the Redis that caches hashes of rows: `redis://[user:password@]host:port[/database]`. Required.
    ///
    /// `rediss://` uses TLS. The certificate and the host name are then always verified. While Redis is unreachable, cycles are slower, and
    /// their results are the same.
    #[arg(long, env = "REDIS_URL", value_name = "URL")]
    redis_url: Secret,

    /// File with the certificate authority (PEM) for `rediss://`. Unset: the authorities of the system.
    #[arg(long, env = "REDIS_CA_FILE", value_name = "PATH")]
    redis_ca_file: Option<PathBuf>,
}

/// The job files, and when they run.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Jobs")]
pub(crate) struct JobSettings {
    /// Folder with the job files: `*.yaml`, `*.yml`, `*.json`. It is read again at each tick.
    #[arg(long, env = "JOBS_DIR", value_name = "PATH", default_value = "jobs")]
    pub(crate) jobs_dir: PathBuf,

    /// When jobs run: an interval of a second or more, or a cron line in UTC. The first tick is at the start.
    #[arg(long, env = "SCHEDULE", value_name = "WHEN", default_value = "5m", value_parser = ticking)]
    pub(crate) schedule: Schedule,

    /// Maximum number of jobs that run at once.
    ///
    /// Each job uses one connection to the source database and one to the target database. The service uses two more connections to the
    /// target database, for status and history.
    #[arg(long, env = "JOBS_IN_FLIGHT", value_name = "JOBS", default_value = "4",
          value_parser = whole_number("a number of jobs", NonZeroUsize::MIN..))]
    pub(crate) jobs_in_flight: NonZeroUsize,

    /// Maximum number of hashes of rows that Redis holds for one job, 16 bytes each.
    #[arg(long, env = "HASH_LIMIT", value_name = "HASHES", default_value = "500000", value_parser = whole_number::<usize>("a number of hashes", ..))]
    pub(crate) hash_limit: usize,

    /// How long rows of `elt.runs` are kept.
    #[arg(long, env = "RUNS_KEEP", value_name = "DURATION", default_value = "30d", value_parser = period)]
    pub(crate) runs_keep: Duration,
}

/// The files with errors.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogFileSettings {
    /// Folder of the log files. The file `elt-service.<day>.log` contains the errors of one day (UTC) as text.
    ///
    /// The folder is created if it does not exist. The log on standard error contains the same errors.
    #[arg(long, env = "LOG_DIR", value_name = "PATH", default_value = "logs")]
    log_dir: PathBuf,

    /// Number of log files that are kept.
    #[arg(long, env = "LOG_KEEP", value_name = "FILES", default_value = "14", value_parser = whole_number("a number of files", NonZeroUsize::MIN..))]
    log_keep: NonZeroUsize,
}

/// Reads a schedule that has ticks.
fn ticking(text: &str) -> Result<Schedule, String> {
    match text.parse() {
        Ok(Schedule::Continuous) => Err("jobs run at ticks: write an interval such as `5m`, or a cron line".to_owned()),
        Ok(schedule) => Ok(schedule),
        Err(error) => Err(error.to_string()),
    }
}

impl ServerSettings {
    /// What the drivers make of them; nothing is connected yet.
    pub(crate) fn connect_to(&self) -> Result<Servers, ExitError> {
        let redis = &self.redis;
        let redis = redis_client::Settings::from_url(redis.redis_url.expose(), redis.redis_ca_file.as_deref());
        Ok(Servers {
            source: self.source.connection()?,
            target: self.target.connection()?,
            redis: redis.map_err(|error| ExitError::Config(error.to_string()))?,
        })
    }
}

impl SourceSettings {
    /// The connection to M.
    pub(crate) fn connection(&self) -> Result<database::Settings, ExitError> {
        connection(SOURCE, &self.source_database_url, self.source_database_ca_file.as_deref())
    }
}

impl TargetSettings {
    /// The connection to A.
    pub(crate) fn connection(&self) -> Result<database::Settings, ExitError> {
        connection(TARGET, &self.target_database_url, self.target_database_ca_file.as_deref())
    }
}

fn connection(role: Role, url: &Secret, ca_file: Option<&std::path::Path>) -> Result<database::Settings, ExitError> {
    database::Settings::of_role(role, url.expose(), ca_file)
        .map(|settings| settings.named("elt-service"))
        .map_err(|error| ExitError::Config(error.to_string()))
}

impl LogFileSettings {
    /// The files.
    pub(crate) fn log_file(&self) -> LogFile {
        let Self { log_dir, log_keep } = self;
        LogFile { setting: "LOG_DIR", folder: log_dir.clone(), name: "elt-service", keep: log_keep.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::ticking;

    #[test]
    fn a_schedule_has_ticks() {
        assert!(ticking("5m").is_ok() && ticking("*/5 * * * *").is_ok());
        assert!(ticking("continuous").unwrap_err().contains("interval"));
        assert!(ticking("often").unwrap_err().contains("often"));
    }
}
