//! Checks of a database: the connection, the schema, the rights of the role.

use consumer::{DependencyError, Failure};
use database::{ConnectError, Database, Grants, Migrations, Role, ServerInfo, get};

use crate::{Finding, startup::schema};

/// Maximum number of missing rights that are named. The others are counted.
const NAMED: usize = 8;

/// One finding for each check of the database of `DATABASE_URL`. Checks that depend on a failed one are left out; the last
/// finding is then that failure.
pub async fn findings(settings: &database::Settings, migrations: &Migrations, service: &str) -> Vec<Finding> {
    let database = Database::new(settings);
    let answer = connection(settings, &database).await;
    if answer.verdict.is_err() {
        return vec![answer];
    }
    match migrations.pending(settings).await {
        Ok(pending) if pending.is_empty() => {
            let mut findings = vec![answer, Finding::ok("schema", "up to date")];
            if let Some(grants) = migrations.grants() {
                findings.push(rights(&database, grants, service).await);
            }
            findings
        }
        Ok(pending) => vec![answer, Finding::failed("schema", schema::advice(settings, &pending, service))],
        Err(error) => vec![answer, Finding::failed("schema", error)],
    }
}

/// Whether a database answers.
pub async fn connection(settings: &database::Settings, database: &Database) -> Finding {
    let Role { subject, dependency, .. } = settings.role();
    match database.ping().await {
        Ok(server_info) => Finding::ok(subject, seen(&server_info)),
        Err(ConnectError::Unavailable(DependencyError { error, .. })) => {
            Finding::failed(subject, format_args!("{error}; is it up? look at {}", dependency.setting))
        }
        Err(error) => Finding::failed(subject, error),
    }
}

fn seen(ServerInfo { version, direct, durable }: &ServerInfo) -> String {
    let mut seen = format!("PostgreSQL {version}");
    if !durable {
        seen.push_str(", fsync or full_page_writes is off: a power loss may lose commits");
    }
    if !direct {
        seen.push_str(", through a pooler: unnamed statements");
    }
    seen
}

/// Whether the role has all rights that the service and its commands need.
async fn rights(database: &Database, grants: Grants, service: &str) -> Finding {
    let ask = async {
        // Read-only, so that a standby answers as well.
        let transaction = database.begin_read_only().await?;
        let none: Option<&str> = None;
        let rows = transaction.query(&grants.missing_rights, [&service, &none]).await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                let (right, kind, object): (&str, &str, &str) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
                Ok(format!("{right} on {} {object}", kind.to_lowercase()))
            })
            .collect::<Result<Vec<_>, Failure>>()
    };
    match ask.await {
        Ok(missing) if missing.is_empty() => Finding::ok("database rights", ""),
        Ok(missing) => Finding::failed("database rights", lacking(&missing, service)),
        Err(failure) => Finding::failed("database rights", format_args!("DATABASE_URL: {failure}")),
    }
}

fn lacking(missing: &[String], service: &str) -> String {
    let mut named = missing[..missing.len().min(NAMED)].join(", ");
    if missing.len() > NAMED {
        named = format!("{named} and {} more", missing.len() - NAMED);
    }
    let role = format!("tagmill_{}", service.trim_end_matches("-service"));
    format!(
        "DATABASE_URL: its role lacks {named}; log in as {role} or make the role a member of it, then run `{service} migrate` as the \
         owner of the tables"
    )
}

#[cfg(test)]
mod tests {
    use database::ServerInfo;

    use super::{NAMED, lacking, seen};

    #[test]
    fn a_server_without_durable_writes_is_reported() {
        let report = |direct, durable| seen(&ServerInfo { version: "15.14".to_owned(), direct, durable });
        assert_eq!(report(true, true), "PostgreSQL 15.14");
        assert!(report(false, false).starts_with("PostgreSQL 15.14, fsync or full_page_writes is off: "));
        assert!(report(false, false).ends_with(", through a pooler: unnamed statements"));
    }

    #[test]
    fn many_missing_rights_are_counted() {
        let missing: Vec<String> = (0..=NAMED).map(|at| format!("SELECT on table t{at}")).collect();
        let said = lacking(&missing, "dds-service");
        assert!(said.contains("t7 and 1 more; log in as tagmill_dds or"), "{said}");
        assert!(!lacking(&missing[..1], "dds-service").contains("more"));
    }
}
