//! `REDIS_URL` and `REDIS_CA_FILE`: parsing and checks before connecting.

use std::{fmt, path::Path};

use redis::{Client, IntoConnectionInfo, TlsCertificates};

/// The address of Redis, credentials and TLS.
#[derive(Clone)]
pub struct Settings {
    client: Client,
}

/// A setting that cannot be used. The text is one line. It names the setting and never contains the URL, which may have
/// a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct Error {
    /// The environment variable.
    pub setting: &'static str,
    /// The error.
    pub reason: String,
}

impl Settings {
    /// Parses `redis://user:password@host:port/database` or, encrypted, `rediss://…`. `ca_file` contains the
    /// certificates (PEM) to trust instead of those of the system. If encrypted, the server's certificate and host name
    /// are always checked. The driver's option to disable this, `#insecure` at the end, is rejected.
    ///
    /// # Errors
    /// The URL or the certificate file cannot be used.
    pub fn from_url(url: &str, ca_file: Option<&Path>) -> Result<Self, Error> {
        let encrypted = url.starts_with("rediss://");
        if !encrypted && !url.starts_with("redis://") {
            return Err(redis_url("has to begin with redis:// or rediss://"));
        }
        if url.contains('#') {
            return Err(redis_url("must not contain a #; write %23 in a password"));
        }
        let address = url.into_connection_info().map_err(|error| redis_url(&error))?;
        let client = match ca_file {
            None => Client::open(address).map_err(|error| redis_url(&error))?,
            Some(_) if !encrypted => return Err(ca_file_error("has no effect without rediss:// in REDIS_URL")),
            Some(path) => {
                let pem = certificates::read_pem(path).map_err(ca_file_error)?;
                let trusted = TlsCertificates { client_tls: None, root_cert: Some(pem) };
                Client::build_with_tls(address, trusted).map_err(|error| ca_file_error(&error))?
            }
        };
        Ok(Self { client })
    }

    /// The driver's client; nothing is connected yet.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

fn redis_url(reason: impl fmt::Display) -> Error {
    Error { setting: "REDIS_URL", reason: reason.to_string() }
}

fn ca_file_error(reason: impl fmt::Display) -> Error {
    Error { setting: "REDIS_CA_FILE", reason: reason.to_string() }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("address", self.client.get_connection_info().addr()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Settings;

    #[test]
    fn a_setting_that_cannot_be_used_is_named_and_its_password_is_not() {
        let refused = [
            ("http://:hidden@localhost", None, "REDIS_URL: has to begin with redis:// or rediss://"),
            ("redis://:hidden@localhost/menu", None, "REDIS_URL: Invalid database number"),
            ("rediss://:hidden@localhost/0#insecure", None, "REDIS_URL: must not contain a #"),
            ("redis://:hid#den@localhost", None, "REDIS_URL: must not contain a #"),
            ("redis://:hidden@localhost", Some("Cargo.toml"), "REDIS_CA_FILE: has no effect without rediss://"),
            ("rediss://:hidden@localhost", Some("absent.pem"), "REDIS_CA_FILE: absent.pem: No such file"),
            ("rediss://:hidden@localhost", Some("Cargo.toml"), "REDIS_CA_FILE: Cargo.toml: contains no certificate"),
        ];
        for (url, ca_file, expected) in refused {
            let error = Settings::from_url(url, ca_file.map(Path::new)).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{url}: {error}");
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for url in ["redis://:hidden@localhost/3", "rediss://reader:hidden@localhost:6380"] {
            let settings = Settings::from_url(url, None).unwrap();
            assert!(!format!("{settings:?}").contains("hidden"));
        }
    }
}
