//! Where settings come from: environment, `.env`, `config.yaml`; and the names that the customer's first service gave them.

use std::{collections::BTreeMap, ffi::OsString, fs, io::ErrorKind, path::Path};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::ExitError;

mod dotenv;
mod yaml;

/// Variables of a file, by name.
type Variables = BTreeMap<String, String>;

/// The files below the environment. The first that has a name counts, also if its value is empty: then the setting is unset.
#[derive(Debug, Default)]
pub struct Sources {
    files: [Variables; 2],
}

impl Sources {
    /// Reads `.env` and `config.yaml` in a folder, as far as they exist.
    ///
    /// # Errors
    /// A file cannot be read, or `config.yaml` has an unknown key.
    pub fn read(folder: &Path) -> Result<Self, ExitError> {
        let dotenv = text(folder, ".env")?.map(|text| dotenv::read(&text));
        let yaml = text(folder, "config.yaml")?.map(|text| yaml::read(&text)).transpose();
        let yaml = yaml.map_err(|error| ExitError::Config(format!("config.yaml: {error}")))?;
        Ok(Self { files: [dotenv.unwrap_or_default(), yaml.unwrap_or_default()] })
    }

    /// The value of a variable, from `environment` or a file. Those of the customer's first service stand for ours where
    /// ours are not set.
    #[must_use]
    pub fn variable(&self, environment: impl Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
        let given = |name: &str| self.given(&environment, name);
        let is_set = |name: &str| given(name).is_some() || given(&format!("{name}_FILE")).is_some();
        let value =
            |name: &str| given(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        if is_set(name) {
            return given(name);
        }
        match name {
            "DATABASE_URL" => database_url(&value, given("POSTGRES_PASSWORD_FILE")),
            "DATABASE_POOL_SIZE" => value("POSTGRES_MAX_POOL_SIZE"),
            "HTTP_ADDR" => http_addr(value("HTTP_BIND_IP").as_deref(), value("HTTP_PORT").as_deref()),
            "RUST_LOG" => value("LOG_LEVEL").map(|level| log_filter(&level)),
            _ => None,
        }
        .map(OsString::from)
    }

    /// The value in the first place that has the variable, or its file: `NAME` and `NAME_FILE` are one setting.
    fn given(&self, environment: impl Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
        let other = name.strip_suffix("_FILE").map_or_else(|| format!("{name}_FILE"), str::to_owned);
        if let Some(value) = environment(name) {
            return Some(value);
        }
        if environment(&other).is_some_and(|value| !value.is_empty()) {
            return None;
        }
        for file in &self.files {
            if let Some(value) = file.get(name) {
                return Some(value.into());
            }
            if file.get(&other).is_some_and(|value| !value.is_empty()) {
                return None;
            }
        }
        None
    }
}

/// The text of a file. `None`: it does not exist.
fn text(folder: &Path, name: &str) -> Result<Option<String>, ExitError> {
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ExitError::Config(format!("{name} cannot be read: {error}"))),
    }
}

/// The URL made of `POSTGRES_HOST` and the others. `None`: none of them is set.
fn database_url(value: &impl Fn(&str) -> Option<String>, password_file: Option<OsString>) -> Option<String> {
    let of_file = || fs::read_to_string(password_file?).ok();
    let password =
        value("POSTGRES_PASSWORD").or_else(of_file).map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    let parts = ["HOST", "PORT", "USER", "DATABASE"].map(|part| value(&format!("POSTGRES_{part}")));
    if parts.iter().all(Option::is_none) && password.is_none() {
        return None;
    }
    let [host, port, user, database] = parts;
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let password = password.map(|password| format!(":{}", encode(&password))).unwrap_or_default();
    let login = user.map(|user| format!("{}{password}@", encode(&user))).unwrap_or_default();
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let (port, database) = (port.unwrap_or_else(|| "5432".to_owned()), database.unwrap_or_default());
    Some(format!("postgres://{login}{host}:{port}/{}", encode(&database)))
}

/// The address made of `HTTP_BIND_IP` and `HTTP_PORT`. `None`: none of them is set.
fn http_addr(ip: Option<&str>, port: Option<&str>) -> Option<String> {
    if ip.is_none() && port.is_none() {
        return None;
    }
    let ip = match ip {
        None => "0.0.0.0".to_owned(),
        Some("localhost") => "127.0.0.1".to_owned(),
        Some(ip) if ip.contains(':') => format!("[{ip}]"),
        Some(ip) => ip.to_owned(),
    };
    Some(format!("{ip}:{}", port.unwrap_or("8080")))
}

/// The filter of a level. Drivers stay quiet: they log every connection.
fn log_filter(level: &str) -> String {
    let level = if matches!(level, "fatal" | "panic") { "error" } else { level };
    format!("{level},tokio_postgres=warn,refinery_core=warn,tokio_cron_scheduler=warn")
}

#[cfg(test)]
mod tests;
