//! Settings that only STG has.

use std::{path::PathBuf, time::Duration};

use service::Refusal;

/// Redis, and how long an order may wait for a name.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// Where the names are: `redis://[user:password@]host:port[/database]`, or `rediss://` with TLS.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis_url: service::settings::Secret,

    /// Certificates (PEM) to trust for `rediss://`, instead of the system's.
    #[arg(long, env = "REDIS_CA_FILE")]
    redis_ca_file: Option<PathBuf>,

    /// How long an order waits for a dish that is on no menu; then it goes on with its own name and no category.
    #[arg(long, env = "PARK_MAX_AGE", default_value = "24h", value_parser = service::settings::duration)]
    pub(crate) park_max_age: Duration,

    /// How often parked orders are looked at in a continuous schedule; otherwise at each tick.
    #[arg(long, env = "PARK_RETRY", default_value = "5s", value_parser = service::settings::period)]
    pub(crate) park_retry: Duration,
}

impl Settings {
    /// Where Redis is, or which setting is wrong.
    pub(crate) fn redis(&self) -> Result<names::Settings, Refusal> {
        names::Settings::from_url(self.redis_url.expose(), self.redis_ca_file.as_deref())
            .map_err(|error| Refusal::Settings(error.to_string()))
    }
}
