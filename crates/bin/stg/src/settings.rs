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

    /// Maximum time that an order waits for a product that is missing from the restaurant's menu in Redis.
    ///
    /// Then the order is sent with the product's name from the order, without a category. An order that waits for a user or a restaurant
    /// waits until Redis has the name.
    #[arg(long, env = "PARK_MAX_AGE", value_name = "DURATION", default_value = "24h", value_parser = runtime::settings::duration)]
    pub(crate) park_max_age: Duration,

    /// Time between two retries of parked orders with `SCHEDULE=continuous`. With any other schedule, parked orders are retried at each
    /// tick.
    #[arg(long, env = "PARK_RETRY", value_name = "DURATION", default_value = "5s", value_parser = runtime::settings::period)]
    pub(crate) park_retry: Duration,

    /// Whether orders are read from envelopes.
    ///
    /// Envelopes of Kafka Connect (`schema`, `payload`), Debezium (`after`) and CloudEvents (`data`) are recognised by their fields. With
    /// `auto`, the order inside is read, and a deletion is skipped like a tombstone. With `none`, records in envelopes are skipped, with a
    /// warning.
    #[arg(long, env = "MESSAGE_ENVELOPE", value_name = "none|auto", default_value = "none")]
    message_envelope: Envelope,

    /// Time with which the dates of an order are compared. An order with a date more than 24 h later becomes a dead letter.
    ///
    /// With `kafka`, this is the timestamp of the record. With `sent_dttm`, this is the field `sent_dttm` of the order, and that field is
    /// compared with the clock. Use `sent_dttm` if a producer sets wrong record timestamps.
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
