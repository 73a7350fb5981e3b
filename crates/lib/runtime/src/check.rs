//! `check`: tests everything that the service needs and prints a line for each test. It changes nothing.

pub use self::{database::connection as database_connection, database::findings as database, report::Report};
use crate::{App, ExitError, Finding};

mod report;
mod database;

/// Prints a line for each test. Returns whether all tests have succeeded.
pub(crate) async fn check<A: App>(settings: A::Settings) -> Result<bool, ExitError> {
    let app = A::new(settings)?;
    let mut report = Report { is_good: true };
    report.add([Finding::ok("settings", "")]);
    app.check(&mut report).await;
    Ok(report.is_good)
}
