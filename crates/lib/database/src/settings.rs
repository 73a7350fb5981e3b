//! `DATABASE_URL`, `DATABASE_CA_FILE` and `DATABASE_POOL_SIZE`: parsing and checks before connecting.

use std::{fmt, path::Path, time::Duration};

use consumer::Dependency;
use postgres_native_tls::MakeTlsConnector;
use tokio_postgres::{Config, config::SslMode};

use crate::{POSTGRES, tls};

/// Which database it is: how logs, reports and errors call it, and what its server must be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// Its name in logs and metrics, and the setting that holds its URL.
    pub dependency: Dependency,
    /// Its name in the report of `check`.
    pub subject: &'static str,
    /// The setting that names the file with its certificate authority.
    pub ca_file: &'static str,
    /// Whether a connection is rejected if the server's settings would change what the order services store.
    pub verified: bool,
}

/// The database of `DATABASE_URL`.
const DATABASE: Role = Role { dependency: POSTGRES, subject: "database", ca_file: "DATABASE_CA_FILE", verified: true };

/// The address of the database, credentials, TLS and pool size.
#[derive(Clone)]
pub struct Settings {
    pub(crate) role: Role,
    pub(crate) config: Config,
    pub(crate) tls: MakeTlsConnector,
    pub(crate) pool_size: usize,
    /// Maximum time for which [`crate::Database`] waits for a connection.
    pub(crate) wait: Duration,
}

/// The default of `wait`: longer than connecting may take, which has a limit of its own.
const WAIT: Duration = Duration::from_secs(30);

/// Connection parameters, unless the URL sets them; times in seconds.
///
/// Without them, a lost host is noticed after two hours (the kernel's keepalive) or fifteen minutes (its
/// retransmissions), and the batch waits that long for an answer.
const DEFAULTS: &str = "application_name=tagmill&connect_timeout=5&tcp_user_timeout=30\
    &keepalives_idle=30&keepalives_interval=5&keepalives_retries=3";

/// A setting that cannot be used. The text is one line. It names the setting and never contains the URL, which has a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct Error {
    /// The environment variable.
    pub setting: &'static str,
    /// The error.
    pub reason: String,
}

impl Settings {
    /// Parses `postgres://user:password@host:port/database?sslmode=…`. `ca_file` contains the certificates (PEM) to
    /// trust instead of those of the system.
    ///
    /// `pool_size` is the maximum number of connections of this pool. A batch needs one.
    ///
    /// # Errors
    /// The URL, its `sslmode`, another parameter or the certificate file cannot be used.
    pub fn from_url(url: &str, ca_file: Option<&Path>, pool_size: usize) -> Result<Self, Error> {
        if pool_size == 0 {
            return Err(Error { setting: "DATABASE_POOL_SIZE", reason: "has to be 1 or more".to_owned() });
        }
        Ok(Self { pool_size, ..Self::of_role(DATABASE, url, ca_file)? })
    }

    /// The same for a database of another role, whose settings have other names. A pool of it has one connection.
    ///
    /// # Errors
    /// As [`Settings::from_url`].
    pub fn of_role(role: Role, url: &str, ca_file: Option<&Path>) -> Result<Self, Error> {
        let database_url =
            |reason: &dyn fmt::Display| Error { setting: role.dependency.setting, reason: reason.to_string() };
        let (base, parameters) = split(url).map_err(|reason| database_url(&reason))?;
        let mut security = tls::Mode::Prefer;
        let mut known = vec![DEFAULTS];
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", mode)) => security = mode.parse().map_err(|reason: String| database_url(&reason))?,
                Some(("sslrootcert", _)) => {
                    return Err(database_url(&format_args!("sslrootcert is set by {}", role.ca_file)));
                }
                _ => known.push(parameter),
            }
        }
        let mut config: Config = format!("{base}?{}", known.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| database_url(&malformed(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(database_url(&"has no host"));
        }
        config.ssl_mode(match security {
            tls::Mode::Disable => SslMode::Disable,
            tls::Mode::Prefer => SslMode::Prefer,
            tls::Mode::Require | tls::Mode::VerifyCa | tls::Mode::VerifyFull => SslMode::Require,
        });
        if let Some(mode) = ca_file.and_then(|_| security.unchecked()) {
            // An authority in a mode that does not check it would give a false sense of security.
            let setting = role.dependency.setting;
            let reason = format!("has no effect with sslmode={mode} in {setting}; set sslmode=verify-full");
            return Err(Error { setting: role.ca_file, reason });
        }
        let tls = tls::connector(security, ca_file).map_err(|reason| Error { setting: role.ca_file, reason })?;
        Ok(Self { role, config, tls, pool_size: 1, wait: WAIT })
    }

    /// Which database it is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Sets the maximum time for which a pool waits for a connection, for a client that waits for the answer.
    #[must_use]
    pub fn waiting(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Sets the maximum number of connections of a pool.
    #[must_use]
    pub fn of_size(self, pool_size: usize) -> Self {
        Self { pool_size, ..self }
    }

    /// Sets the name of the connections in `pg_stat_activity`: that of the service.
    #[must_use]
    pub fn named(mut self, application: &str) -> Self {
        self.config.application_name(application);
        self
    }
}

/// The part before the parameters, and the parameters. A `?` before the `@` belongs to a password.
fn split(url: &str) -> Result<(&str, &str), &'static str> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("has to begin with postgres://");
    }
    let host = url.find('@').map_or(0, |at| at + 1);
    Ok(match url[host..].find('?') {
        Some(mark) => (&url[..host + mark], &url[host + mark + 1..]),
        None => (url, ""),
    })
}

fn malformed(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("hosts", &self.config.get_hosts())
            .field("user", &self.config.get_user())
            .field("database", &self.config.get_dbname())
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use tokio_postgres::config::SslMode;

    use super::Settings;

    fn read(url: &str) -> Result<Settings, String> {
        Settings::from_url(url, None, 2).map_err(|error| error.to_string())
    }

    #[test]
    fn every_sslmode_of_libpq_except_allow_is_accepted() {
        let table = [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=prefer", SslMode::Prefer),
            ("?sslmode=require", SslMode::Require),
            ("?sslmode=verify-ca", SslMode::Require),
            ("?sslmode=verify-full&connect_timeout=2", SslMode::Require),
            ("?connect_timeout=2&sslmode=verify-full&", SslMode::Require),
        ];
        for (parameters, expected) in table {
            let settings = read(&format!("postgres://tagmill:hidden?&@localhost/tagmill{parameters}")).unwrap();
            assert_eq!(settings.config.get_ssl_mode(), expected, "{parameters}");
            assert_eq!(settings.config.get_password(), Some(&b"hidden?&"[..]), "{parameters}");
            assert_eq!(settings.config.get_dbname(), Some("tagmill"), "{parameters}");
        }
    }

    #[test]
    fn the_url_overrules_the_defaults() {
        let settings = read("postgresql://localhost?connect_timeout=60&application_name=psql").unwrap();
        assert_eq!(settings.config.get_connect_timeout(), Some(&Duration::from_secs(60)));
        assert_eq!(settings.config.get_application_name(), Some("psql"));
        let settings = read("postgresql://localhost").unwrap().named("stg-service");
        assert_eq!(settings.config.get_connect_timeout(), Some(&Duration::from_secs(5)));
        assert_eq!(settings.config.get_application_name(), Some("stg-service"));
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_named_without_its_password() {
        let table = [
            ("mysql://a:hidden@localhost/b", "DATABASE_URL: has to begin with postgres://"),
            ("host=localhost password=hidden", "DATABASE_URL: has to begin with postgres://"),
            ("postgres://a:hidden@localhost?sslmode=allow", "DATABASE_URL: sslmode=allow is not one of disable, "),
            ("postgres://a:hidden@localhost?sslmode=", "DATABASE_URL: sslmode= is not one of disable, "),
            ("postgres://a:hidden@localhost?pool=9", "DATABASE_URL: unknown option `pool`"),
            ("postgres://a:hidden@localhost?pool", "DATABASE_URL: unterminated parameter"),
            (
                "postgres://a:hidden@localhost?sslrootcert=ca.pem",
                "DATABASE_URL: sslrootcert is set by DATABASE_CA_FILE",
            ),
            ("postgres://a:hidden@localhost:port/b", "DATABASE_URL: invalid value for option `port`"),
            ("postgres:///b", "DATABASE_URL: has no host"),
        ];
        for (url, expected) in table {
            let error = read(url).unwrap_err();
            assert!(error.starts_with(expected), "{url}: {error}");
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        for (file, expected) in [("absent.pem", "absent.pem: No such file"), ("Cargo.toml", "Cargo.toml: ")] {
            let url = "postgres://localhost?sslmode=verify-full";
            let error = Settings::from_url(url, Some(Path::new(file)), 2).unwrap_err().to_string();
            assert!(error.starts_with(&format!("DATABASE_CA_FILE: {expected}")), "{error}");
        }
    }

    #[test]
    fn a_ca_file_that_the_sslmode_does_not_use_is_refused() {
        for (url, mode) in [("postgres://localhost", "prefer"), ("postgres://localhost?sslmode=disable", "disable")] {
            let error = Settings::from_url(url, Some(Path::new("ca.pem")), 2).unwrap_err().to_string();
            assert!(error.starts_with(&format!("DATABASE_CA_FILE: has no effect with sslmode={mode} ")), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert!(!format!("{:?}", read("postgres://tagmill:hidden@localhost/tagmill").unwrap()).contains("hidden"));
    }
}
