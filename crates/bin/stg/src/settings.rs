//! Settings that only STG has.

use std::{path::PathBuf, time::Duration};

use runtime::ExitError;

use crate::decode::{Envelope, PgTimestamp, Reading};

/// Redis, and how long an order may wait for a name.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// Where the names are: `redis://[user:password@]host:port[/database]`, or `rediss://` with TLS.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis_url: runtime::settings::Secret,

    /// Certificates (PEM) to trust for `rediss://`, instead of the system's.
    #[arg(long, env = "REDIS_CA_FILE")]
    redis_ca_file: Option<PathBuf>,

    /// How long an order waits for a dish that is on no menu; then it goes on with its own name and no category.
    #[arg(long, env = "PARK_MAX_AGE", default_value = "24h", value_parser = runtime::settings::duration)]
    pub(crate) park_max_age: Duration,

    /// How often parked orders are looked at in a continuous schedule; otherwise at each tick.
    #[arg(long, env = "PARK_RETRY", default_value = "5s", value_parser = runtime::settings::period)]
    pub(crate) park_retry: Duration,

    /// Whether orders are read from envelopes of Kafka Connect (`schema`, `payload`), Debezium (`after`) and
    /// CloudEvents (`data`), which are recognised by their fields. `none`: records in envelopes are skipped. `auto`:
    /// the order inside is read, and deletions are skipped like tombstones.
    #[arg(long, env = "MESSAGE_ENVELOPE", value_name = "none|auto", default_value = "none")]
    message_envelope: Envelope,

    /// The time that the dates of an order may be at most 24 h ahead of. `kafka`: the timestamp of the record.
    /// `sent_dttm`: this field of the order, for producers whose record timestamps are wrong; the field itself is
    /// compared with the clock.
    #[arg(long, env = "RECORD_TIMESTAMP", value_name = "kafka|sent_dttm", default_value = "kafka")]
    record_timestamp: PgTimestamp,
}

impl Settings {
    /// The settings of how records are read.
    pub(crate) const fn reading(&self) -> Reading {
        Reading { envelope: self.message_envelope, timestamp: self.record_timestamp }
    }

    /// Where Redis is, or which setting is wrong.
    pub(crate) fn redis(&self) -> Result<reference::Settings, ExitError> {
        reference::Settings::from_url(self.redis_url.expose(), self.redis_ca_file.as_deref())
            .map_err(|error| ExitError::Config(error.to_string()))
    }
}
