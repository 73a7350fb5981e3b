//! Settings of the Kafka clients: brokers, credentials, group, topics, timeouts.

use std::{fmt, path::PathBuf, time::Duration};

use rdkafka::{ClientConfig, config::RDKafkaLogLevel};

/// The settings of all Kafka clients of a service. The service reads them from the variables `KAFKA_*`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the service: the client id in the logs of the broker, and the header `service` of a dead letter.
    pub service: String,
    /// `host:port`, separated by commas. Used for the first connection; the client learns the other brokers from the
    /// cluster.
    pub bootstrap_servers: String,
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`. `None`: `plaintext`.
    pub security_protocol: Option<String>,
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub sasl_mechanism: Option<String>,
    /// The SASL user.
    pub sasl_username: Option<String>,
    /// The SASL password.
    pub sasl_password: Option<Password>,
    /// PEM file with the certificate authority of the brokers. `None`: the authorities of the system.
    pub ssl_ca_file: Option<PathBuf>,
    /// The compression of published batches: `none`, `snappy` or `lz4`, as compiled in. `None`: `none`.
    pub compression: Option<String>,
    /// How long the group waits for the heartbeat of a member before it reassigns its partitions. With a shorter
    /// timeout, partitions are reassigned sooner after a SIGKILL. If it is shorter than a garbage collection of the
    /// broker, healthy members are removed from the group.
    pub session_timeout: Duration,
    /// How long the loop may go without polling before it counts as hung. [`crate::Source`] polls during long work, so
    /// only a process that hangs reaches this limit. Must not be below `session_timeout`.
    pub max_poll_interval: Duration,
    /// How long one message is retried before the attempt of [`crate::Publisher`] fails. Below a second, the restart of
    /// a broker fails attempts that would have succeeded. Far above `SHUTDOWN_GRACE`, a stop has to abandon attempts.
    pub publish_timeout: Duration,
    /// The maximum size of a batch of messages, in bytes: the smallest limit of all destination topics.
    /// `max.message.bytes` applies to the whole record batch.
    pub batch_bytes: usize,
    /// The memory that one received batch may take, decompressed and with the client's own structures, in bytes. A
    /// record may take an eighth of it. Larger ones are skipped without being unpacked, and become dead letters. See
    /// [`Settings::receive_bytes`].
    pub fetch_bytes: usize,
    /// How long leaving the group may delay a stop. If this is longer than the rest of `SHUTDOWN_GRACE`, the process is
    /// killed before it has left. If it is much shorter, the other members wait for the session timeout instead.
    pub leave_timeout: Duration,
    /// The consumer group, shared by all replicas.
    pub group_id: String,
    /// The source topic.
    pub source_topic: String,
    /// The setting that contains it, as errors name it.
    pub source_setting: &'static str,
    /// The destination topic. `None`: the service publishes no messages.
    pub destination_topic: Option<String>,
    /// The topic for records that cannot be used.
    pub dead_letter_topic: String,
    /// Properties of librdkafka that override those of the service. No variable sets them; tests disable a client's own
    /// recovery with them.
    pub properties: Vec<(String, String)>,
}

/// A password that is never logged.
#[derive(Clone)]
pub struct Password(String);

impl Default for Settings {
    fn default() -> Self {
        Self {
            service: String::new(),
            bootstrap_servers: String::new(),
            security_protocol: None,
            sasl_mechanism: None,
            sasl_username: None,
            sasl_password: None,
            ssl_ca_file: None,
            compression: None,
            session_timeout: Duration::from_secs(8),
            max_poll_interval: Duration::from_secs(300),
            publish_timeout: Duration::from_secs(30),
            batch_bytes: 64 << 10,
            fetch_bytes: 48 << 20,
            leave_timeout: Duration::from_secs(3),
            group_id: String::new(),
            source_topic: String::new(),
            source_setting: "KAFKA_SOURCE_TOPIC",
            destination_topic: None,
            dead_letter_topic: String::new(),
            properties: Vec::new(),
        }
    }
}

impl Settings {
    /// The largest response that a consumer receives, in bytes. It is half as much again as a batch may take, so that a
    /// batch above the limit is received and skipped. A topic whose `max.message.bytes` is larger can hold a batch that
    /// stops its partition.
    pub(crate) const fn receive_bytes(&self) -> usize {
        self.fetch_bytes + self.fetch_bytes / 2
    }

    /// The configuration shared by consumers, producers and administrators.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        // The log filter decides which lines are written, under the target `librdkafka`.
        config.set_log_level(RDKafkaLogLevel::Info);
        config.set("bootstrap.servers", &self.bootstrap_servers).set("client.id", &self.service);
        let ca_file = self.ssl_ca_file.as_ref().map(|path| path.to_string_lossy().into_owned());
        for (property, value) in [
            ("security.protocol", self.security_protocol.as_deref()),
            ("sasl.mechanism", self.sasl_mechanism.as_deref()),
            ("sasl.username", self.sasl_username.as_deref()),
            ("sasl.password", self.sasl_password.as_ref().map(|password| password.0.as_str())),
            ("ssl.ca.location", ca_file.as_deref()),
        ] {
            if let Some(value) = value {
                config.set(property, value);
            }
        }
        // A deleted topic must not be created again with the broker's default settings: one partition and a retention
        // of seven days. Metadata requests of producers and administrators would do so.
        config.set("allow.auto.create.topics", "false");
        // `reconnect.backoff.max.ms` stays at its default of ten seconds. With less than seven, librdkafka 2.12 often
        // never returns to the bootstrap servers after a broker has advertised an unreachable address: the attempt to
        // connect to it fails before the bootstrap connection is closed, and "all brokers are down" is not reported.
        config
            // A connection that a firewall has dropped is noticed within a minute.
            .set("socket.keepalive.enable", "true")
            // Added partitions and moved brokers are noticed within ten seconds. The default is five minutes.
            .set("topic.metadata.refresh.interval.ms", "10000");
        for (property, value) in &self.properties {
            config.set(property, value);
        }
        config
    }
}

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
