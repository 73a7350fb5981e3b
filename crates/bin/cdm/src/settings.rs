//! Settings that only CDM has.

use std::time::Duration;

use clap::{Args, ValueEnum};
use runtime::settings::{Secret, bearer_token, period};

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
    /// Clients send it as `Authorization: Bearer TOKEN`. The token may contain only printable ASCII characters.
    #[arg(long, env = "TAG_API_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = bearer_token)]
    pub(crate) tag_api_token: Option<Secret>,

    /// Shortest time between two refreshes of the summary behind the views and the dashboard.
    ///
    /// Nothing is refreshed if nothing has changed. After a refresh, the service waits at least 20 times as long as the refresh took, even
    /// if that is longer than this value. So refreshes take at most 5 % of the time.
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
