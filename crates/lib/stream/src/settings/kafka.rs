//! Where the broker is, and which topics and group are ours.

use std::{num::NonZeroU16, path::PathBuf, time::Duration};

use clap::{ArgAction, Args};

use runtime::{
    ExitError,
    settings::{Secret, period},
};

mod values;

/// The settings of the connection to Kafka.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Kafka: connection")]
pub struct KafkaSettings {
    /// `host:port`, several separated by commas. Required.
    #[arg(long, env, value_name = "ADDRESSES", value_parser = values::addresses)]
    pub kafka_bootstrap_servers: String,

    /// Whether the connection is encrypted and whether we log in.
    #[arg(long, env, value_name = "PROTOCOL", default_value = "PLAINTEXT", ignore_case = true,
          value_parser = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])]
    pub kafka_security_protocol: String,

    /// How we log in; needed with a SASL protocol.
    #[arg(long, env, value_name = "MECHANISM", value_parser = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])]
    pub kafka_sasl_mechanism: Option<String>,

    /// Who we are; needed with a SASL protocol.
    #[arg(long, env, value_name = "NAME")]
    pub kafka_sasl_username: Option<String>,

    /// The password of KAFKA_SASL_USERNAME.
    #[arg(long, env, value_name = "PASSWORD")]
    pub kafka_sasl_password: Option<Secret>,

    /// The certificate authority (PEM) the broker's certificate must come from; the system's if it is not set. With SSL
    /// and SASL_SSL the certificate and the host's name are always checked.
    #[arg(long, env, value_name = "PATH")]
    pub kafka_ssl_ca_file: Option<PathBuf>,

    /// How published messages are compressed.
    #[arg(long, env, value_name = "CODEC", default_value = "lz4", value_parser = ["none", "snappy", "lz4"])]
    pub kafka_compression: String,

    /// How long the group waits for a silent member before it hands its partitions to the others. Shorter: a short
    /// stall costs a rebalance; longer: the partitions of a killed process lie idle for longer. Not below the brokers'
    /// `group.min.session.timeout.ms` (6 s). At the default, a process that is killed and started again is at work
    /// within 10 s.
    #[arg(long, env, value_name = "DURATION", value_parser = period, default_value = "8s")]
    pub kafka_session_timeout: Duration,
}

/// The topics and the consumer group; what is not set here follows from the service's name.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Kafka: topics")]
pub struct TopicSettings {
    /// The consumer group. Its committed offsets are the service's memory of what it has read: under another name it
    /// starts again at offset 0, which changes nothing but takes its time.
    #[arg(long, env, value_name = "GROUP")]
    pub kafka_group_id: String,

    /// The topic that is read.
    #[arg(long, env, value_name = "TOPIC", value_parser = values::topic)]
    pub kafka_source_topic: String,

    /// The topic that is written.
    #[arg(long, env, value_name = "TOPIC", value_parser = values::topic)]
    pub kafka_destination_topic: Option<String>,

    /// Where unreadable records go. Its `max.message.bytes` must exceed the source topic's by 64 KiB, for the headers
    /// that say what is wrong.
    #[arg(long, env, value_name = "TOPIC", value_parser = values::topic)]
    pub kafka_dead_letter_topic: String,

    /// Whether missing topics are created at the start, kept for ever.
    #[arg(long, env, value_name = "BOOL", action = ArgAction::Set, default_value = "false")]
    pub kafka_create_topics: bool,

    /// Partitions of a topic we create: the largest number of replicas that can share its work.
    #[arg(long, env, value_name = "PARTITIONS", default_value = "3")]
    pub kafka_topic_partitions: NonZeroU16,
}

impl TopicSettings {
    /// Refuses a topic that is both read and written: the service would read the records it writes.
    fn distinct(&self) -> Result<(), ExitError> {
        let written = [
            ("KAFKA_DESTINATION_TOPIC", self.kafka_destination_topic.as_ref()),
            ("KAFKA_DEAD_LETTER_TOPIC", Some(&self.kafka_dead_letter_topic)),
        ];
        match written.into_iter().find(|(_, topic)| *topic == Some(&self.kafka_source_topic)) {
            Some((name, _)) => Err(ExitError::Config(format!("{name} is the same topic as KAFKA_SOURCE_TOPIC"))),
            None => Ok(()),
        }
    }

    /// The setting that names this topic.
    pub(crate) fn setting(&self, topic: &str) -> &'static str {
        if topic == self.kafka_source_topic {
            "KAFKA_SOURCE_TOPIC"
        } else if topic == self.kafka_dead_letter_topic {
            "KAFKA_DEAD_LETTER_TOPIC"
        } else {
            "KAFKA_DESTINATION_TOPIC"
        }
    }
}

impl KafkaSettings {
    /// What the driver makes of them; nothing is connected yet. `service` is how the brokers' logs call us.
    ///
    /// # Errors
    /// When a SASL protocol lacks who we are or how to prove it (the client would wait for ever), when something is set
    /// that the protocol has no use for, and when the file of the authority holds none.
    pub fn connection(&self, topics: &TopicSettings, service: &str) -> Result<kafka::Settings, ExitError> {
        let defaults = kafka::Settings::default();
        let settings = kafka::Settings {
            service: service.to_owned(),
            bootstrap_servers: self.kafka_bootstrap_servers.clone(),
            security_protocol: Some(self.kafka_security_protocol.to_lowercase()),
            sasl_mechanism: self.kafka_sasl_mechanism.clone(),
            sasl_username: self.kafka_sasl_username.clone(),
            sasl_password: self.kafka_sasl_password.as_ref().map(|password| password.expose().to_owned().into()),
            ssl_ca_file: self.kafka_ssl_ca_file.clone(),
            compression: Some(self.kafka_compression.clone()),
            session_timeout: self.kafka_session_timeout,
            max_poll_interval: defaults.max_poll_interval.max(self.kafka_session_timeout),
            group_id: topics.kafka_group_id.clone(),
            source_topic: topics.kafka_source_topic.clone(),
            destination_topic: topics.kafka_destination_topic.clone(),
            dead_letter_topic: topics.kafka_dead_letter_topic.clone(),
            ..defaults
        };
        topics.distinct()?;
        self.consistent().map(|()| settings)
    }

    /// What is missing for a login, and what would be set in vain: who sets an authority or a password believes to be
    /// protected by it.
    fn consistent(&self) -> Result<(), ExitError> {
        let protocol = &self.kafka_security_protocol;
        let refused = |name: &str, why: String| Err(ExitError::Config(format!("{name} {why}")));
        let logs_in = protocol.to_lowercase().starts_with("sasl");
        for (name, set) in [
            ("KAFKA_SASL_MECHANISM", self.kafka_sasl_mechanism.is_some()),
            ("KAFKA_SASL_USERNAME", self.kafka_sasl_username.is_some()),
            (
                "KAFKA_SASL_PASSWORD",
                self.kafka_sasl_password.as_ref().is_some_and(|password| !password.expose().is_empty()),
            ),
        ] {
            if logs_in && !set {
                return refused(name, format!("is not set, and KAFKA_SECURITY_PROTOCOL={protocol} needs it"));
            }
            if !logs_in && set {
                return refused(name, format!("is of no use with KAFKA_SECURITY_PROTOCOL={protocol}; set SASL_SSL"));
            }
        }
        let Some(path) = &self.kafka_ssl_ca_file else { return Ok(()) };
        let name = "KAFKA_SSL_CA_FILE";
        if !protocol.to_lowercase().ends_with("ssl") {
            return refused(name, format!("is of no use with KAFKA_SECURITY_PROTOCOL={protocol}; set SSL or SASL_SSL"));
        }
        // The client's own words for it are OpenSSL's.
        tls::certificates(path).map(drop).map_err(|problem| ExitError::Config(format!("{name}: {problem}")))
    }
}
