//! Settings that only CDM has.

use std::time::Duration;

use clap::{Args, ValueEnum};
use runtime::settings::{Secret, period};

/// The tag API, the page, and the summary the page reads.
#[derive(Debug, Args)]
pub struct Settings {
    /// Whether the tag API is served, under `/api/v1` of HTTP_ADDR.
    #[arg(long, env = "TAG_API", value_name = "on|off", default_value = "on")]
    pub(crate) tag_api: Switch,

    /// Whether the dashboard is served, under `/dashboard` of HTTP_ADDR.
    #[arg(long, env = "DASHBOARD", value_name = "on|off", default_value = "on")]
    pub(crate) dashboard: Switch,

    /// Bearer token required by the tag API and the data of the dashboard. Unset: no authentication.
    ///
    /// Clients send it as `Authorization: Bearer TOKEN`. It consists of printable ASCII characters; any other is refused.
    #[arg(long, env = "TAG_API_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = token)]
    pub(crate) tag_api_token: Option<Secret>,

    /// Shortest time between two refreshes of the summary behind the views and the dashboard.
    ///
    /// Nothing is refreshed if nothing has changed. Refreshing uses at most 5 % of the time, however short the value is.
    #[arg(long, env = "SUMMARY_REFRESH", value_name = "DURATION", value_parser = period, default_value = "30s")]
    pub(crate) summary_refresh: Duration,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is served.
    On,
    /// Its paths answer 404.
    Off,
}

/// Reads the token. A header cannot carry other characters, so every request would be refused.
fn token(text: &str) -> Result<Secret, &'static str> {
    match text.chars().all(|character| matches!(character, ' '..='~')) {
        true => Ok(Secret::from(text.to_owned())),
        false => Err("has a character that is not printable ASCII"),
    }
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn a_token_is_printable() {
        for text in ["open sesame", "0123-abc._~+/=", "!\"#$%&'()*,:;<>?@[\\]^`{|}"] {
            assert_eq!(token(text).map(|token| token.expose().to_owned()).as_deref(), Ok(text));
        }
        for text in ["сезам", "open\u{a0}sesame", "open\u{200b}", "open\tsesame", "open\u{7f}"] {
            assert!(token(text).is_err(), "{text:?}");
        }
    }
}
