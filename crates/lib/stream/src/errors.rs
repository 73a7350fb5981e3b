//! Conversion of Kafka errors into errors of a start or a command.

use runtime::{ExitError, StartupError};

/// Converts an error for a start, which exits or tries again.
pub(crate) fn startup_error(error: kafka::Error) -> StartupError {
    match error {
        kafka::Error::Malformed { .. } => ExitError::Config(error.to_string()).into(),
        kafka::Error::Refused { .. } | kafka::Error::Unreadable { .. } => {
            ExitError::Unavailable(error.to_string()).into()
        }
        kafka::Error::NoTopic(_) => ExitError::Unavailable(format!("KAFKA_BOOTSTRAP_SERVERS: {error}")).into(),
        kafka::Error::Unavailable(unavailable) => unavailable.into(),
    }
}

/// Converts an error for a command, which does not wait.
pub(crate) fn exit_error(error: kafka::Error) -> ExitError {
    startup_error(error).into()
}

#[cfg(test)]
mod tests {
    use consumer::DependencyError;

    use super::{StartupError, startup_error};

    fn refused(error: kafka::Error) -> (u8, String) {
        match startup_error(error) {
            StartupError::Refused(exit_error) => (exit_error.code(), exit_error.to_string()),
            StartupError::Unavailable(unavailable) => panic!("{unavailable} would be waited out"),
        }
    }

    #[test]
    fn a_malformed_setting_exits_with_64() {
        let error = kafka::Error::Malformed { setting: "KAFKA_SSL_CA_FILE".into(), error: "no such file".into() };
        assert_eq!(refused(error), (64, "KAFKA_SSL_CA_FILE: no such file".to_owned()));
    }

    #[test]
    fn a_missing_or_refused_dependency_exits_with_69() {
        let topic = kafka::Error::NoTopic("orders".into());
        assert_eq!(refused(topic), (69, "KAFKA_BOOTSTRAP_SERVERS: topic orders does not exist".to_owned()));
        let login =
            kafka::Error::Refused { setting: "KAFKA_SASL_USERNAME", error: "SASL authentication failed".into() };
        assert_eq!(refused(login), (69, "KAFKA_SASL_USERNAME: SASL authentication failed".to_owned()));
    }

    #[test]
    fn the_start_waits_for_the_end_of_an_outage() {
        let away = DependencyError::new(kafka::KAFKA, "no broker answers");
        assert!(matches!(startup_error(kafka::Error::Unavailable(away)), StartupError::Unavailable(_)));
    }
}
