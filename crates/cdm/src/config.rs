//! Settings that only CDM has.

use clap::{Args, ValueEnum};
use service::settings::Secret;

/// The tag API.
#[derive(Debug, Args)]
pub struct Settings {
    /// Whether questions about tags are answered, under `/api/v1` of HTTP_ADDR.
    #[arg(long, env = "TAG_API", value_name = "on|off", default_value = "on")]
    pub(crate) tag_api: Switch,

    /// What who asks has to show: `Authorization: Bearer …`. Without it, everybody who reaches HTTP_ADDR is answered.
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
