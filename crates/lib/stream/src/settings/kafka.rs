//! Settings of Kafka: connection, topics, consumer group.

use std::{num::NonZeroU16, path::PathBuf, time::Duration};

use clap::{ArgAction, Args};

use runtime::{
    ExitError,
    settings::{Secret, period, whole_number},
};

mod values;

/// The settings of the connection to Kafka.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Kafka: connection")]
pub struct KafkaSettings {
    /// Addresses of brokers, `host:port`, separated by commas. Required.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "ADDRESSES", value_parser = values::addresses)]
    pub kafka_bootstrap_servers: String,

    /// Protocol of the connection. `SSL` means encryption, `SASL` means a login.
    ///
    /// With SSL and SASL_SSL the broker's certificate and host name are always verified.
    #[arg(long, env = "KAFKA_SECURITY_PROTOCOL", value_name = "PROTOCOL", default_value = "PLAINTEXT", ignore_case = true,
          value_parser = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])]
    pub kafka_security_protocol: String,

    /// Mechanism of the login. Required with a SASL protocol, refused without one.
    #[arg(long, env = "KAFKA_SASL_MECHANISM", value_name = "MECHANISM", value_parser = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])]
    pub kafka_sasl_mechanism: Option<String>,

    /// User of the login. Required with a SASL protocol, refused without one.
    #[arg(long, env = "KAFKA_SASL_USERNAME", value_name = "NAME")]
    pub kafka_sasl_username: Option<String>,

    /// Password of KAFKA_SASL_USERNAME. Required with a SASL protocol, refused without one.
    #[arg(long, env = "KAFKA_SASL_PASSWORD", value_name = "PASSWORD")]
    pub kafka_sasl_password: Option<Secret>,

    /// File with the certificate authority (PEM) of the brokers. Unset: the authorities of the system.
    ///
    /// Refused unless the protocol is SSL or SASL_SSL.
    #[arg(long, env = "KAFKA_SSL_CA_FILE", value_name = "PATH")]
    pub kafka_ssl_ca_file: Option<PathBuf>,

    /// Compression of published messages.
    #[arg(long, env = "KAFKA_COMPRESSION", value_name = "CODEC", default_value = "lz4", value_parser = ["none", "snappy", "lz4"])]
    pub kafka_compression: String,

    /// Time after which the group removes a member that does not answer.
    ///
    /// With a shorter time, a member that stalls briefly is removed, and the group rebalances. With a longer time, the partitions of a
    /// killed process stay idle for longer. The brokers refuse a value below their `group.min.session.timeout.ms` (6 s by default). With
    /// 8 s, a process that is killed and started again resumes its work within 10 s.
    #[arg(long, env = "KAFKA_SESSION_TIMEOUT", value_name = "DURATION", value_parser = period, default_value = "8s")]
    pub kafka_session_timeout: Duration,
}

const SOURCE_TOPIC: &str = "KAFKA_SOURCE_TOPIC";

/// The settings of the topics and the consumer group. Their defaults depend on the service.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Kafka: topics")]
pub struct TopicSettings {
    /// Consumer group of the service.
    ///
    /// The committed offsets of the group are the position of the service in its topic. With another group, the service reads the topic
    /// from offset 0. This takes time, and the results stay the same.
    #[arg(long, env = "KAFKA_GROUP_ID", value_name = "GROUP")]
    pub kafka_group_id: String,

    /// Topic that the service reads.
    #[arg(long, env = "KAFKA_SOURCE_TOPIC", value_name = "TOPIC", value_parser = values::topic)]
    pub kafka_source_topic: String,

    /// The setting that contains the source topic, as messages name it.
    #[arg(skip = SOURCE_TOPIC)]
    pub source_setting: &'static str,

    /// Topic that the service writes. It must not be the source topic.
    #[arg(long, env = "KAFKA_DESTINATION_TOPIC", value_name = "TOPIC", value_parser = values::topic)]
    pub kafka_destination_topic: Option<String>,

    /// Topic for records that cannot be used.
    ///
    /// Its `max.message.bytes` should be 64 KiB larger than that of the source topic, because a dead letter has the original record and
    /// additional headers.
    #[arg(long, env = "KAFKA_DEAD_LETTER_TOPIC", value_name = "TOPIC", value_parser = values::topic)]
    pub kafka_dead_letter_topic: String,

    /// Whether the service creates missing topics at its start. Created topics keep their records for ever.
    ///
    /// With `false`, the service exits with code 69 if a topic is missing.
    #[arg(long, env = "KAFKA_CREATE_TOPICS", value_name = "BOOL", action = ArgAction::Set, default_value = "false")]
    pub kafka_create_topics: bool,

    /// Number of partitions of a topic that the service creates.
    ///
    /// This is the largest number of replicas that can share the work of the topic.
    #[arg(long, env = "KAFKA_TOPIC_PARTITIONS", value_name = "PARTITIONS", default_value = "3",
          value_parser = whole_number("a number of partitions", NonZeroU16::MIN..=NonZeroU16::MAX))]
    pub kafka_topic_partitions: NonZeroU16,
}

impl TopicSettings {
    /// Rejects a topic that is both read and written, because the service would read its own records.
    fn distinct(&self) -> Result<(), ExitError> {
        let written = [
            ("KAFKA_DESTINATION_TOPIC", self.kafka_destination_topic.as_ref()),
            ("KAFKA_DEAD_LETTER_TOPIC", Some(&self.kafka_dead_letter_topic)),
        ];
        match written.into_iter().find(|(_, topic)| *topic == Some(&self.kafka_source_topic)) {
            Some((name, _)) => Err(ExitError::Config(format!("{name} is the same topic as {}", self.source_setting))),
            None => Ok(()),
        }
    }

    /// The setting that names this topic.
    pub(crate) fn setting(&self, topic: &str) -> &'static str {
        if topic == self.kafka_source_topic {
            self.source_setting
        } else if topic == self.kafka_dead_letter_topic {
            "KAFKA_DEAD_LETTER_TOPIC"
        } else {
            "KAFKA_DESTINATION_TOPIC"
        }
    }
}

impl KafkaSettings {
    /// Converts them to settings of the client, without connecting. `service` is the client id in the logs of the brokers.
    ///
    /// # Errors
    /// When a SASL protocol lacks the user, the password or the mechanism (the client would wait for ever), when a setting
    /// is not used with the protocol, and when the file contains no certificate authority.
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
            source_setting: topics.source_setting,
            destination_topic: topics.kafka_destination_topic.clone(),
            dead_letter_topic: topics.kafka_dead_letter_topic.clone(),
            ..defaults
        };
        topics.distinct()?;
        self.consistent().map(|()| settings)
    }

    /// Rejects a login with missing settings, and settings that would have no effect: a certificate authority or a password
    /// that is not used gives a false sense of protection.
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
                return refused(name, format!("is not used with KAFKA_SECURITY_PROTOCOL={protocol}; set SASL_SSL"));
            }
        }
        let Some(path) = &self.kafka_ssl_ca_file else { return Ok(()) };
        let name = "KAFKA_SSL_CA_FILE";
        if !protocol.to_lowercase().ends_with("ssl") {
            return refused(name, format!("is not used with KAFKA_SECURITY_PROTOCOL={protocol}; set SSL or SASL_SSL"));
        }
        // The client would report the error in the words of OpenSSL.
        certificates::read(path).map(drop).map_err(|problem| ExitError::Config(format!("{name}: {problem}")))
    }
}
