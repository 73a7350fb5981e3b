//! The end of a rebuild: the marts become what was built beside them, in one transaction.

use consumer::Failure;
use database::{Database, Statement, Transaction, statement};
use stream::rebuild::{self, State};

/// What makes the marts equal to what was built, in this order.
const MERGE: [Statement; 6] = [
    statement!("cdm/rebuild/delete_users_not_rebuilt"),
    statement!("cdm/rebuild/insert_rebuilt_users"),
    statement!("cdm/rebuild/delete_product_counters_not_rebuilt"),
    statement!("cdm/rebuild/merge_rebuilt_product_counters"),
    statement!("cdm/rebuild/delete_category_counters_not_rebuilt"),
    statement!("cdm/rebuild/merge_rebuilt_category_counters"),
];

/// Makes the marts what was built and ends the rebuild. Rows that are right stay as they are, with their ids.
///
/// Batches that come meanwhile wait; those who only read see the old marts, then the new ones. Of two replicas that come
/// here together, the second finds that there is nothing left to do.
pub(crate) async fn replace(database: &Database, service: &str, state: &State) -> Result<(), Failure> {
    let transaction = database.begin_maintenance().await?;
    run(&transaction, &statement!("cdm/marts/lock_marts")).await?;
    if !rebuild::complete(&transaction, service, state).await? {
        return transaction.rollback().await;
    }
    run(&transaction, &statement!("cdm/rebuild/analyze_rebuilt_marts")).await?;
    let mut changed = 0;
    for statement in &MERGE {
        changed += run(&transaction, statement).await?;
    }
    // Everybody's tags are looked at once, on the marts as they are now: not while they were being built.
    run(&transaction, &statement!("cdm/rules/reopen_rules")).await?;
    run(&transaction, &statement!("cdm/rebuild/truncate_rebuilt_marts")).await?;
    transaction.commit().await?;
    tracing::info!(rows = changed, "the marts are replaced by those that were built");
    Ok(())
}

async fn run(transaction: &Transaction, statement: &Statement) -> Result<u64, Failure> {
    transaction.execute(statement, []).await
}
