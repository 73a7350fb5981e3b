//! How to reach the brokers, and the names this service goes by.

use std::{fmt, path::PathBuf, time::Duration};

use rdkafka::{ClientConfig, config::RDKafkaLogLevel};

/// What every client of a service shares. The process shell fills it from the variables `KAFKA_*`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The service's own name: the client's name in the broker's logs, the header `service` of a dead letter.
    pub service: String,
    /// `host:port`, several with commas; a start only, the cluster tells the rest.
    pub bootstrap_servers: String,
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`; absent: `plaintext`.
    pub security_protocol: Option<String>,
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub sasl_mechanism: Option<String>,
    /// Who we are, with SASL.
    pub sasl_username: Option<String>,
    /// And the proof of it.
    pub sasl_password: Option<Password>,
    /// PEM file of the authority the brokers' certificates are checked against; absent: the system's.
    pub ssl_ca_file: Option<PathBuf>,
    /// How published batches are compressed: `none`, `snappy`, `lz4`, as compiled in; absent: `none`.
    pub compression: Option<String>,
    /// How long the group waits for the heartbeat of a member before it gives its partitions away. Shorter recovers
    /// faster from a SIGKILL; shorter than a garbage collection of the broker, and healthy members are thrown out.
    pub session_timeout: Duration,
    /// How long the loop may go without polling before it counts as wedged. [`crate::Source`] polls through long work,
    /// so only a process that hangs reaches it. Not below `session_timeout`.
    pub max_poll_interval: Duration,
    /// How long one message is tried before [`crate::Publisher`] gives the attempt up. Below a second, a broker's
    /// restart fails attempts that would have come through; far above `SHUTDOWN_GRACE`, a stop has to abandon them.
    pub publish_timeout: Duration,
    /// Messages that travel together take no more bytes than this: the least that any topic written to takes. A broker
    /// judges a message by the company it comes in.
    pub batch_bytes: usize,
    /// How long leaving the group may hold up a stop. Longer than what is left of `SHUTDOWN_GRACE` then, and the process
    /// is ended the hard way; much shorter, and the others wait for the session timeout instead.
    pub leave_timeout: Duration,
    /// The consumer group; replicas share it.
    pub group_id: String,
    /// Where records come from.
    pub source_topic: String,
    /// Where messages go; the last layer has none yet.
    pub destination_topic: Option<String>,
    /// Where records go that nobody can use.
    pub dead_letter_topic: String,
    /// Properties of librdkafka that override ours. No variable sets them; tests disable a client's own recovery with
    /// them.
    pub properties: Vec<(String, String)>,
}

/// A password that no log repeats.
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
            leave_timeout: Duration::from_secs(3),
            group_id: String::new(),
            source_topic: String::new(),
            destination_topic: None,
            dead_letter_topic: String::new(),
            properties: Vec::new(),
        }
    }
}

impl Settings {
    /// What consumers, producers and administrators have in common.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        // What is printed is decided where all logs are filtered, under the target `librdkafka`.
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
        // A deleted topic must not come back with the broker's default settings: one partition and a retention of seven
        // days. Metadata requests of producers and administrators would create it.
        config.set("allow.auto.create.topics", "false");
        // `reconnect.backoff.max.ms` stays at its default of ten seconds. With less than seven, librdkafka 2.12 often never
        // goes back to the bootstrap servers after a broker has advertised an address that cannot be reached: the failed
        // attempt to connect to it comes before the bootstrap connection is closed, and "all brokers are down" is missed.
        config
            // A connection that a firewall forgot is noticed within a minute.
            .set("socket.keepalive.enable", "true")
            // Partitions that were added, and a broker that moved, are noticed within ten seconds. The default is five
            // minutes.
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
