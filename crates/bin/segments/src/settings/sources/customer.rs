//! The settings of the customer's first service as ours: `POSTGRES_HOST` and the others make `DATABASE_URL`.

use std::{net::IpAddr, num::NonZeroU16};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::ExitError;

/// The value of a variable of the customer.
pub(super) trait Value: Fn(&str) -> Result<Option<String>, ExitError> {}
impl<F: Fn(&str) -> Result<Option<String>, ExitError>> Value for F {}

/// The names of ours that the customer's make.
pub(super) const MADE: [&str; 4] = ["DATABASE_URL", "DATABASE_POOL_SIZE", "HTTP_ADDR", "RUST_LOG"];

/// The levels of the customer's log, and ours.
const LEVELS: [(&str, &str); 7] = [
    ("trace", "trace"),
    ("debug", "debug"),
    ("info", "info"),
    ("warn", "warn"),
    ("error", "error"),
    ("fatal", "error"),
    ("panic", "error"),
];

/// The value of one of ours. `None`: none of the customer's is set.
pub(super) fn make(name: &str, value: &impl Value) -> Result<Option<String>, ExitError> {
    match name {
        "DATABASE_URL" => database_url(value),
        "DATABASE_POOL_SIZE" => number("POSTGRES_MAX_POOL_SIZE", value),
        "HTTP_ADDR" => http_addr(value),
        "RUST_LOG" => log_filter(value),
        _ => Ok(None),
    }
}

/// The URL made of `POSTGRES_HOST` and the others.
fn database_url(value: &impl Value) -> Result<Option<String>, ExitError> {
    let (host, port) = (value("POSTGRES_HOST")?, number("POSTGRES_PORT", value)?);
    let (user, database, password) =
        (value("POSTGRES_USER")?, value("POSTGRES_DATABASE")?, value("POSTGRES_PASSWORD")?);
    if [&host, &port, &user, &database, &password].into_iter().all(Option::is_none) {
        return Ok(None);
    }
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let password = password.map(|password| format!(":{}", encode(&password))).unwrap_or_default();
    let login = user.map(|user| format!("{}{password}@", encode(&user))).unwrap_or_default();
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let (port, database) = (port.unwrap_or_else(|| "5432".to_owned()), database.unwrap_or_default());
    Ok(Some(format!("postgres://{login}{host}:{port}/{}", encode(&database))))
}

/// The address made of `HTTP_BIND_IP` and `HTTP_PORT`.
fn http_addr(value: &impl Value) -> Result<Option<String>, ExitError> {
    let (ip, port) = (value("HTTP_BIND_IP")?, number("HTTP_PORT", value)?);
    if ip.is_none() && port.is_none() {
        return Ok(None);
    }
    let ip = match ip.as_deref() {
        None => "0.0.0.0",
        Some("localhost") => "127.0.0.1",
        Some(ip) => ip,
    };
    let port = port.unwrap_or_else(|| "8080".to_owned());
    match ip.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => Ok(Some(format!("{ip}:{port}"))),
        Ok(IpAddr::V6(ip)) => Ok(Some(format!("[{ip}]:{port}"))),
        Err(_) => Err(ExitError::Config(format!("HTTP_BIND_IP: `{ip}` is not an IP address; write it like `0.0.0.0`"))),
    }
}

/// A number from 1 to 65535, as text.
fn number(name: &str, value: &impl Value) -> Result<Option<String>, ExitError> {
    let Some(text) = value(name)? else { return Ok(None) };
    let number = text.parse::<NonZeroU16>();
    let wrong =
        |_| ExitError::Config(format!("{name}: `{text}` is not a number; write a whole number from 1 to 65535"));
    number.map(|number| Some(number.to_string())).map_err(wrong)
}

/// The filter of a level. Drivers stay quiet: they log every connection.
fn log_filter(value: &impl Value) -> Result<Option<String>, ExitError> {
    let Some(text) = value("LOG_LEVEL")? else { return Ok(None) };
    let level = LEVELS.iter().find(|(customer, _)| text.eq_ignore_ascii_case(customer)).map(|(_, level)| level);
    let wrong = || {
        let levels = LEVELS.map(|(customer, _)| customer).join(", ");
        ExitError::Config(format!("LOG_LEVEL: `{text}` is not a level of the log; write one of {levels}"))
    };
    let level = level.ok_or_else(wrong)?;
    Ok(Some(format!("{level},tokio_postgres=warn,refinery_core=warn,tokio_cron_scheduler=warn")))
}
