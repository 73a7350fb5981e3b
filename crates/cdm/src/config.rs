//! Settings that only CDM has.

use std::time::Duration;

use clap::{Args, ValueEnum};
use service::settings::{Secret, period};

/// The tag API, the page, and the summary the page reads.
#[derive(Debug, Args)]
pub struct Settings {
    /// Whether questions about tags are answered, under `/api/v1` of HTTP_ADDR.
    #[arg(long, env = "TAG_API", value_name = "on|off", default_value = "on")]
    pub(crate) tag_api: Switch,

    /// Whether there is a page with charts, under `/dashboard` of HTTP_ADDR.
    #[arg(long, env = "DASHBOARD", value_name = "on|off", default_value = "on")]
    pub(crate) dashboard: Switch,

    /// What who asks for tags, or for the numbers of the page, has to show: `Authorization: Bearer …`. Without it, everybody
    /// who reaches HTTP_ADDR is answered.
    #[arg(long, env = "TAG_API_TOKEN", hide_env_values = true)]
    pub(crate) tag_api_token: Option<Secret>,

    /// How often the summary that dashboards read is brought up to date, at most; when nothing has changed, it is left
    /// alone. However short this is, no more than a twentieth of the time goes into it.
    #[arg(long, env = "SUMMARY_REFRESH", value_name = "DURATION", value_parser = period, default_value = "30s")]
    pub(crate) summary_refresh: Duration,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is there.
    On,
    /// It is not.
    Off,
}
