//! What ends a process and with which code, and what it waits out.

use super::*;

fn refused(startup_error: StartupError) -> (u8, String) {
    match startup_error {
        StartupError::Refused(exit_error) => (exit_error.code(), exit_error.to_string()),
        StartupError::Unavailable(unavailable) => panic!("{unavailable} would be waited out"),
    }
}

#[test]
fn a_malformed_setting_is_64() {
    let error = kafka::Error::Malformed { setting: "KAFKA_SSL_CA_FILE".into(), error: "no such file".into() };
    assert_eq!(refused(error.into()), (64, "KAFKA_SSL_CA_FILE: no such file".to_owned()));
}

#[test]
fn what_is_missing_or_refused_is_69() {
    let topic = kafka::Error::NoTopic("orders".into());
    assert_eq!(refused(topic.into()), (69, "KAFKA_BOOTSTRAP_SERVERS: topic orders does not exist".to_owned()));
    let login = kafka::Error::Refused { setting: "KAFKA_SASL_USERNAME", error: "SASL authentication failed".into() };
    assert_eq!(refused(login.into()), (69, "KAFKA_SASL_USERNAME: SASL authentication failed".to_owned()));
    let password = ConnectError::Rejected("28P01 password authentication failed".into());
    assert_eq!(refused(password.into()), (69, "DATABASE_URL: 28P01 password authentication failed".to_owned()));
    let migration = database::migrate::Error::Failed("42501 permission denied".into());
    assert_eq!(refused(migration.into()), (69, "DATABASE_URL: 42501 permission denied".to_owned()));
}

#[test]
fn an_outage_is_waited_out() {
    let away = || DependencyError::new("postgres", "connection refused");
    assert!(matches!(StartupError::from(kafka::Error::Unavailable(away())), StartupError::Unavailable(_)));
    assert!(matches!(StartupError::from(ConnectError::Unavailable(away())), StartupError::Unavailable(_)));
    let migrating = database::migrate::Error::ConnectError(ConnectError::Unavailable(away()));
    assert!(matches!(StartupError::from(migrating), StartupError::Unavailable(_)));
}
