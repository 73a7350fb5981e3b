//! What `check` reports of automatic segments: the login for SQL of people, and the customer's collections.

use consumer::Failure;
use database::{Statement, get, statement};
use runtime::{Finding, StartupError};

use crate::refresh::Refresher;

const MISSING: Statement = statement!("segments/refresh/select_missing_collections");

impl Refresher {
    /// The lines of the report. The schema is up to date.
    pub(crate) async fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.login.is_some() {
            findings.push(match self.verify().await {
                Ok(()) => Finding::ok("refresh login", "has few rights"),
                Err(StartupError::Refused(error)) => Finding::failed("refresh login", error),
                Err(StartupError::Unavailable(error)) => Finding::failed("refresh login", error.error),
            });
        }
        let collections = match self.missing_collections().await {
            Ok(missing) if missing.is_empty() => Finding::ok("collections", "five views in schema public"),
            Ok(missing) => Finding::ok(
                "collections",
                format!(
                    "not in schema public: {}. Free the names, then SELECT segments.create_collections()",
                    missing.join(", ")
                ),
            ),
            Err(failure) => Finding::failed("collections", failure.into_dependency_error(database::POSTGRES).error),
        };
        findings.push(collections);
        findings
    }

    async fn missing_collections(&self) -> Result<Vec<String>, Failure> {
        let transaction = self.database.begin().await?;
        let rows = transaction.query(&MISSING, []).await?;
        transaction.commit().await?;
        rows.iter().map(|row| get(row, 0)).collect()
    }
}
