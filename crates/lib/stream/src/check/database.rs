//! A check of the database: a transaction that writes and is rolled back.

use consumer::Failure;
use database::{Database, statement};
use runtime::Finding;

/// Runs two statements in one transaction, the first of which writes. No other check finds a standby, a read-only role,
/// or a pooler that gives each statement another session.
pub(crate) async fn transaction(database: &Database, service: &str) -> Finding {
    let attempt = async {
        let transaction = database.begin_batch().await?;
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
            "DATABASE_URL: a statement does not see the rows of the previous statement",
        ),
        // The schema is up to date, so this service has a database without the table, and sends no dead letters back.
        Err(failure) if failure.to_string().contains("42P01") => {
            Finding::ok("database transaction", "not tried: there is no table public.tagmill_replayed_dead_letters")
        }
        Err(failure) => Finding::failed(
            "database transaction",
            format_args!("DATABASE_URL: {failure}; {}", advice(&failure.to_string())),
        ),
    }
}

/// The advice for a transaction that fails although the connection works.
fn advice(failure: &str) -> &'static str {
    if failure.contains("25006") {
        "it must lead to the primary, and default_transaction_read_only must be off for the role, the database and the server"
    } else if failure.contains("transaction blocks not allowed") {
        "set pool_mode = transaction or session in the pooler"
    } else {
        "the service will fail the same way"
    }
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn advice_depends_on_the_error() {
        assert!(advice("postgres: insert: 25006 cannot execute INSERT in a read-only transaction").contains("primary"));
        assert!(
            advice("postgres: begin: 08P01 transaction blocks not allowed in statement pooling mode")
                .contains("pool_mode")
        );
    }
}
