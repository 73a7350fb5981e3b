//! Kafka errors: malformed settings, rejections, missing topics, unreadable partitions, outages.

use ::consumer::DependencyError;
use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};

/// Why a client cannot work. Only the last kind may end by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting with an unusable value (exit code 64).
    #[error("{setting}: {error}")]
    Malformed {
        /// The setting.
        setting: String,
        /// The error text of the client, without secret values.
        error: String,
    },
    /// The brokers answer and reject the client or the request (exit code 69).
    #[error("{setting}: {error}")]
    Refused {
        /// The setting to look at first.
        setting: &'static str,
        /// The error text of the broker, and what to do about it.
        error: String,
    },
    /// A topic that does not exist (exit code 69).
    #[error("topic {0} does not exist")]
    NoTopic(String),
    /// A partition that cannot be read (exit code 69).
    #[error("partition {partition} cannot be read: {error}")]
    Unreadable {
        /// Topic and partition: `orders/3`.
        partition: String,
        /// The error text of the client.
        error: String,
    },
    /// The brokers do not answer. This is an outage: wait.
    #[error(transparent)]
    Unavailable(#[from] DependencyError),
}

impl From<KafkaError> for Error {
    fn from(error: KafkaError) -> Self {
        match error {
            KafkaError::ClientConfig(_, error, property, _) => Self::Malformed { setting: variable(&property), error },
            KafkaError::ClientCreation(error) => Self::Malformed { setting: offending_setting(&error), error },
            error => match code(&error).and_then(|code| auth_error(code, &error.to_string())) {
                Some(auth_error) => auth_error,
                None => Self::Unavailable(unavailable(error)),
            },
        }
    }
}

/// Creates an error for a failed request to Kafka.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> DependencyError {
    DependencyError::new(crate::KAFKA, error)
}

/// Whether this error usually lasts until a person acts.
pub(crate) fn is_auth_error(code: Code) -> bool {
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

/// Whether an error ends by itself: the client repeats the request, or a rebalance follows, or the error concerns a
/// whole connection, which the consumer context handles.
pub(crate) fn passes_by_itself(code: Code) -> bool {
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::Authentication
            | Code::SSL
            | Code::SaslAuthenticationFailed
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::MessageTimedOut
            | Code::NetworkException
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::WaitingForCoordinator
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::RebalanceInProgress
            | Code::IllegalGeneration
            | Code::UnknownMemberId
            | Code::PollExceeded
            | Code::ThrottlingQuotaExceeded
    )
}

/// The error for a text of a broker that needs a person to act, with advice. `None`: the error may end by itself.
pub(crate) fn auth_error(code: Code, said: &str) -> Option<Error> {
    if !is_auth_error(code) {
        return None;
    }
    let said = said.split(" (after ").next().unwrap_or(said);
    let (setting, advice) = match code {
        Code::SSL if said.contains("certificate verify failed") => {
            let (address, _) = said.split_once(": ").unwrap_or((said, ""));
            return Some(certificate_error(address, "certificate verify failed"));
        }
        Code::SSL
            if said.contains("wrong version") || said.contains("too long") || said.contains("unknown protocol") =>
        {
            (
                "KAFKA_SECURITY_PROTOCOL",
                "the broker's listener is not encrypted; look at the setting and at the listener",
            )
        }
        // An interrupted handshake.
        Code::SSL => return None,
        _ if said.contains("mechanism handshake failed") || code == Code::UnsupportedSASLMechanism => {
            ("KAFKA_SASL_MECHANISM", "choose one that the brokers support")
        }
        Code::Authentication | Code::SaslAuthenticationFailed | Code::IllegalSASLState => {
            ("KAFKA_SASL_USERNAME", "look at the user and at KAFKA_SASL_PASSWORD")
        }
        _ => ("KAFKA_SASL_USERNAME", "the user is authenticated but lacks this right; grant it"),
    };
    Some(Error::Refused { setting, error: format!("{said}; {advice}") })
}

/// The error for a certificate of the broker at `address` that is not accepted, with OpenSSL's reason.
pub(crate) fn certificate_error(address: &str, verify_result: &str) -> Error {
    let (setting, advice) = match certificates::problem(verify_result) {
        certificates::Problem::OtherHost => (
            "KAFKA_BOOTSTRAP_SERVERS",
            "it was issued for another host: use the name in the certificate here and in advertised.listeners",
        ),
        certificates::Problem::OutOfDate => ("KAFKA_BOOTSTRAP_SERVERS", "renew it on the broker"),
        certificates::Problem::UnknownAuthority => (
            "KAFKA_SSL_CA_FILE",
            "the file must contain its certificate authority; without a file, the authorities of the system are used",
        ),
    };
    let error = format!("the certificate of {address} is not accepted ({verify_result}); {advice}");
    Error::Refused { setting, error }
}

fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code), // `rdkafka_error_code` ignores it
        error => error.rdkafka_error_code(),
    }
}

/// The properties of librdkafka and the settings that set them.
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

/// The setting for an error whose text contains the property.
fn offending_setting(error: &str) -> String {
    let named = VARIABLES.iter().find(|(name, _)| error.contains(name));
    named.map_or("KAFKA_*", |(_, variable)| variable).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Code, auth_error, certificate_error};
    use crate::{Password, Settings, Topics};

    #[test]
    fn an_unusable_setting_is_named_by_its_variable() {
        let settings = Settings { security_protocol: Some("telepathy".to_owned()), ..Settings::default() };
        let error = Topics::connect(&settings).err().expect("the protocol does not exist");
        assert!(error.to_string().starts_with("KAFKA_SECURITY_PROTOCOL: "), "{error}");

        let settings = Settings {
            security_protocol: Some("ssl".to_owned()),
            ssl_ca_file: Some("/nowhere/ca.pem".into()),
            ..Settings::default()
        };
        let error = Topics::connect(&settings).err().expect("the file does not exist");
        assert!(error.to_string().starts_with("KAFKA_SSL_CA_FILE: "), "{error}");
    }

    #[test]
    fn permanent_errors_are_distinguished_from_outages() {
        let said = "ssl://k:9093/bootstrap: SSL handshake failed: Disconnected (after 5ms in state SSL_HANDSHAKE)";
        assert!(auth_error(Code::SSL, said).is_none(), "a broker restarts");
        assert!(auth_error(Code::BrokerTransportFailure, "all brokers are down").is_none());
        for (code, said, expected) in [
            (Code::SSL, "ssl://k:9093/1: SSL handshake failed: wrong version number", "KAFKA_SECURITY_PROTOCOL: "),
            (
                Code::SSL,
                "ssl://k:9093/1: certificate verify failed: broker",
                "KAFKA_SSL_CA_FILE: the certificate of ssl://k:9093/1 is",
            ),
            (Code::Authentication, "SASL X mechanism handshake failed", "KAFKA_SASL_MECHANISM: "),
            (Code::Authentication, "invalid (after 5ms in state AUTH_REQ)", "KAFKA_SASL_USERNAME: invalid; look at"),
        ] {
            let auth_error = auth_error(code, said).expect(said).to_string();
            assert!(auth_error.starts_with(expected), "{auth_error}");
        }
        let other = certificate_error("k:9093", "hostname mismatch").to_string();
        assert!(other.starts_with("KAFKA_BOOTSTRAP_SERVERS: "), "{other}");
    }

    #[test]
    fn a_password_is_not_printed() {
        let settings = Settings { sasl_password: Some(Password::from("sesame".to_owned())), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("sesame"));
    }
}
