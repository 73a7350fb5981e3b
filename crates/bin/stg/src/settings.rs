//! Settings that only STG has.

use std::{path::PathBuf, time::Duration};

use runtime::ExitError;

use crate::decode::{DecodeOptions, Envelope, TimestampSource};

/// Redis, and how long an order may wait for a name.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// URL of the Redis with the names: `redis://[user:password@]host:port[/database]`. Required.
    ///
    /// `rediss://` uses TLS. The certificate and the host name are then always verified.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: runtime::settings::Secret,

    /// File with the certificate authority (PEM) for `rediss://`. Unset: the authorities of the system.
    #[arg(long, env = "REDIS_CA_FILE", value_name = "PATH")]
    redis_ca_file: Option<PathBuf>,

    /// Maximum time that an order waits for a product that is on no menu.
    ///
    /// Then the order is sent with the product's name from the order, without a category. An order that waits for a user or a
    /// restaurant waits until Redis has the name.
    #[arg(long, env = "PARK_MAX_AGE", value_name = "DURATION", default_value = "24h", value_parser = runtime::settings::duration)]
    pub(crate) park_max_age: Duration,

    /// Interval at which parked orders are retried with `SCHEDULE=continuous`. Otherwise they are retried at each tick.
    #[arg(long, env = "PARK_RETRY", value_name = "DURATION", default_value = "5s", value_parser = runtime::settings::period)]
    pub(crate) park_retry: Duration,

    /// Whether orders are read from envelopes.
    ///
    /// Envelopes of Kafka Connect (`schema`, `payload`), Debezium (`after`) and CloudEvents (`data`) are recognised by their fields.
    /// `auto`: the order inside is read, and a deletion is skipped like a tombstone. `none`: records in envelopes are skipped, with a
    /// warning.
    #[arg(long, env = "MESSAGE_ENVELOPE", value_name = "none|auto", default_value = "none")]
    message_envelope: Envelope,

    /// Reference time of the dates of an order, which may be at most 24 h later.
    ///
    /// `kafka`: the timestamp of the record. `sent_dttm`: this field of the order, for producers whose record timestamps are wrong. The
    /// field itself is compared with the clock.
    #[arg(long, env = "RECORD_TIMESTAMP", value_name = "kafka|sent_dttm", default_value = "kafka")]
    record_timestamp: TimestampSource,
}

impl Settings {
    /// The settings of how records are read.
    pub(crate) const fn decode_options(&self) -> DecodeOptions {
        DecodeOptions { envelope: self.message_envelope, timestamp: self.record_timestamp }
    }

    /// The settings of Redis, or the error of a setting.
    pub(crate) fn redis(&self) -> Result<reference::Settings, ExitError> {
        reference::Settings::from_url(self.redis_url.expose(), self.redis_ca_file.as_deref())
            .map_err(|error| ExitError::Config(error.to_string()))
    }
}
