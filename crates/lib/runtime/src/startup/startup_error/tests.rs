//! Tests of errors of a start: the exit code of permanent errors, and outages.

use super::*;

fn refused(startup_error: StartupError) -> (u8, String) {
    match startup_error {
        StartupError::Refused(exit_error) => (exit_error.code(), exit_error.to_string()),
        StartupError::Unavailable(unavailable) => panic!("{unavailable} would be waited out"),
    }
}

#[test]
fn a_missing_or_refused_dependency_exits_with_69() {
    let password = ConnectError::Rejected {
        dependency: database::POSTGRES,
        reason: "28P01 password authentication failed".into(),
    };
    assert_eq!(refused(password.into()), (69, "DATABASE_URL: 28P01 password authentication failed".to_owned()));
    let migration =
        database::migrate::Error::Failed { dependency: database::POSTGRES, reason: "42501 permission denied".into() };
    assert_eq!(refused(migration.into()), (69, "DATABASE_URL: 42501 permission denied".to_owned()));
}

#[test]
fn the_start_waits_for_the_end_of_an_outage() {
    let away = || DependencyError::new(database::POSTGRES, "connection refused");
    assert!(matches!(StartupError::from(ConnectError::Unavailable(away())), StartupError::Unavailable(_)));
    let migrating = database::migrate::Error::ConnectError(ConnectError::Unavailable(away()));
    assert!(matches!(StartupError::from(migrating), StartupError::Unavailable(_)));
}
