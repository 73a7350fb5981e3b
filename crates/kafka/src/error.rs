//! What can be wrong with Kafka, as a starting service has to tell it apart.

use pipeline::Unavailable;
use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};

/// Why a client cannot work. Only the last kind passes by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that cannot be used as it is (exit code 64).
    #[error("{setting}: {error}")]
    Malformed {
        /// The variable it comes from.
        setting: String,
        /// What the client says about it; never a value that is secret.
        error: String,
    },
    /// The brokers answer, and do not let us in, or not do this (exit code 69).
    #[error("refused by Kafka: {0}")]
    Refused(String),
    /// A topic that nobody has created (exit code 69).
    #[error("topic {0} does not exist")]
    NoTopic(String),
    /// The brokers do not answer: an outage, to be waited out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<KafkaError> for Error {
    fn from(error: KafkaError) -> Self {
        match error {
            KafkaError::ClientConfig(_, error, property, _) => Self::Malformed { setting: variable(&property), error },
            KafkaError::ClientCreation(error) => Self::Malformed { setting: guilty(&error), error },
            error if code(&error).is_some_and(refuses) => Self::Refused(error.to_string()),
            error => Self::Unavailable(unavailable(error)),
        }
    }
}

/// Kafka did not do what was asked of it this time.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable::new("kafka", error)
}

/// Whether brokers that answer with this code will go on doing so until a person acts.
pub(crate) fn refuses(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SSL
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
    )
}

fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code), // which `rdkafka_error_code` forgets
        error => error.rdkafka_error_code(),
    }
}

/// The properties a person sets, and the variables they set them with.
const VARIABLES: [(&str, &str); 9] = [
    ("bootstrap.servers", "KAFKA_BOOTSTRAP_SERVERS"),
    ("security.protocol", "KAFKA_SECURITY_PROTOCOL"),
    ("sasl.mechanism", "KAFKA_SASL_MECHANISM"),
    ("sasl.username", "KAFKA_SASL_USERNAME"),
    ("sasl.password", "KAFKA_SASL_PASSWORD"),
    ("ssl.ca.location", "KAFKA_SSL_CA_FILE"),
    ("compression", "KAFKA_COMPRESSION"),
    ("session.timeout.ms", "KAFKA_SESSION_TIMEOUT"),
    ("group.id", "KAFKA_GROUP_ID"),
];

fn variable(property: &str) -> String {
    let known = VARIABLES.iter().find(|(name, _)| property.starts_with(name));
    known.map_or(property, |(_, variable)| variable).to_owned()
}

/// The variable behind an error that names its property only in passing.
fn guilty(error: &str) -> String {
    let named = VARIABLES.iter().find(|(name, _)| error.contains(name));
    named.map_or("KAFKA_*", |(_, variable)| variable).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::{Password, Settings, Topics};

    #[test]
    fn a_setting_that_cannot_be_used_is_named_by_its_variable() {
        let settings = Settings { security_protocol: Some("telepathy".to_owned()), ..Settings::default() };
        let error = Topics::connect(&settings).err().expect("there is no such protocol");
        assert!(error.to_string().starts_with("KAFKA_SECURITY_PROTOCOL: "), "{error}");

        let settings = Settings {
            security_protocol: Some("ssl".to_owned()),
            ssl_ca_file: Some("/nowhere/ca.pem".into()),
            ..Settings::default()
        };
        let error = Topics::connect(&settings).err().expect("there is no such file");
        assert!(error.to_string().starts_with("KAFKA_SSL_CA_FILE: "), "{error}");
    }

    #[test]
    fn a_password_is_not_printed() {
        let settings = Settings { sasl_password: Some(Password::from("sesame".to_owned())), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("sesame"));
    }
}
