//! Checks of the database: the connection, the schema, the rights of the role, and a transaction that writes and is
//! rolled back.

use consumer::{DependencyError, Failure};
use database::{ConnectError, Database, ServerInfo, get, statement};

use crate::{Finding, startup::schema};

/// How many missing rights are named; the others are counted.
const NAMED: usize = 8;

/// One finding for each check. Checks that depend on a failed one are left out.
pub(super) async fn findings(settings: &database::Settings, service: &str) -> Vec<Finding> {
    let database = Database::new(settings);
    let answer = match database.ping().await {
        Ok(server_info) => Finding::ok("database", seen(&server_info)),
        Err(ConnectError::Unavailable(DependencyError { error, .. })) => {
            return vec![Finding::failed("database", format_args!("{error}; is it up? look at DATABASE_URL"))];
        }
        Err(error) => return vec![Finding::failed("database", error)],
    };
    match database::pending(settings).await {
        Ok(pending) if pending.is_empty() => vec![
            answer,
            Finding::ok("schema", "up to date"),
            rights(&database, service).await,
            transaction(&database, service).await,
        ],
        Ok(pending) => vec![answer, Finding::failed("schema", schema::advice(&pending, service))],
        Err(error) => vec![answer, Finding::failed("schema", error)],
    }
}

fn seen(ServerInfo { version, direct, durable }: &ServerInfo) -> String {
    let mut seen = format!("PostgreSQL {version}");
    if !durable {
        seen.push_str(", fsync or full_page_writes is off: a power loss may cost orders");
    }
    if !direct {
        seen.push_str(", through a pooler: unnamed statements");
    }
    seen
}

/// Whether the role has all rights that the service and its commands need.
async fn rights(database: &Database, service: &str) -> Finding {
    let ask = async {
        // Read-only, so a standby answers, too.
        let transaction = database.begin_read_only().await?;
        let none: Option<&str> = None;
        let rows = transaction.query(&statement!("service/select_missing_rights"), [&service, &none]).await?;
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

/// Runs two statements in one transaction, the first of which writes. No other check finds a standby, a read-only role,
/// or a pooler that gives each statement another session.
async fn transaction(database: &Database, service: &str) -> Finding {
    let attempt = async {
        let transaction = database.begin().await?;
        let (partitions, offsets) = (vec![-1_i32], vec![-1_i64]);
        let insert = statement!("service/insert_replayed_dead_letters");
        transaction.execute(&insert, [&service, &partitions, &offsets]).await?;
        let select = statement!("service/select_replayed_dead_letters");
        let found = transaction.query(&select, [&service, &partitions, &offsets]).await?.len();
        transaction.rollback().await?;
        Ok::<_, Failure>(found)
    };
    match attempt.await {
        Ok(1) => Finding::ok("database transaction", "writes and rolls back"),
        Ok(_) => Finding::failed(
            "database transaction",
            "DATABASE_URL: a statement does not see what the one before it wrote",
        ),
        Err(failure) => Finding::failed(
            "database transaction",
            format_args!("DATABASE_URL: {failure}; {}", advice(&failure.to_string())),
        ),
    }
}

/// What to do about a transaction that fails although the connection works.
fn advice(failure: &str) -> &'static str {
    if failure.contains("25006") {
        "it has to lead to the primary, and default_transaction_read_only has to be off for the role, the database and the server"
    } else if failure.contains("transaction blocks not allowed") {
        "set pool_mode = transaction or session in the pooler"
    } else {
        "the service will fail the same way"
    }
}

#[cfg(test)]
mod tests {
    use database::ServerInfo;

    use super::{NAMED, advice, lacking, seen};

    #[test]
    fn a_server_that_forgets_is_told() {
        let told = |direct, durable| seen(&ServerInfo { version: "15.14".to_owned(), direct, durable });
        assert_eq!(told(true, true), "PostgreSQL 15.14");
        assert!(told(false, false).starts_with("PostgreSQL 15.14, fsync or full_page_writes is off: "));
        assert!(told(false, false).ends_with(", through a pooler: unnamed statements"));
    }

    #[test]
    fn many_missing_rights_are_counted() {
        let missing: Vec<String> = (0..=NAMED).map(|at| format!("SELECT on table t{at}")).collect();
        let said = lacking(&missing, "dds-service");
        assert!(said.contains("t7 and 1 more; log in as tagmill_dds or"), "{said}");
        assert!(!lacking(&missing[..1], "dds-service").contains("more"));
    }

    #[test]
    fn what_can_be_done_depends_on_what_failed() {
        assert!(advice("postgres: insert: 25006 cannot execute INSERT in a read-only transaction").contains("primary"));
        assert!(
            advice("postgres: begin: 08P01 transaction blocks not allowed in statement pooling mode")
                .contains("pool_mode")
        );
    }
}
