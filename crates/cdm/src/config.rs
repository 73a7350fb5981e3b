//! Settings that only CDM has.

use clap::{Args, ValueEnum};
use service::settings::Secret;

/// What is answered over HTTP, and to whom.
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
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is there.
    On,
    /// It is not.
    Off,
}
