//! End of a rebuild: the rebuilt marts replace the current ones in one transaction.

use consumer::Failure;
use database::{Database, Statement, Transaction, statement};
use stream::rebuild::{self, State};

/// The statements that make the marts equal to the rebuilt ones, in this order.
const MERGE: [Statement; 6] = [
    statement!("cdm/rebuild/delete_users_not_rebuilt"),
    statement!("cdm/rebuild/insert_rebuilt_users"),
    statement!("cdm/rebuild/delete_product_counters_not_rebuilt"),
    statement!("cdm/rebuild/merge_rebuilt_product_counters"),
    statement!("cdm/rebuild/delete_category_counters_not_rebuilt"),
    statement!("cdm/rebuild/merge_rebuilt_category_counters"),
];

/// Replaces the marts and ends the rebuild. Rows that are equal stay as they are, with their ids.
///
/// Concurrent batches wait. Readers see the old marts, then the new ones. If two replicas do this concurrently, the
/// second one finds nothing to do.
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
    // All rules are applied again to the new marts, because no tags were changed while they were being built.
    run(&transaction, &statement!("cdm/rules/reopen_rules")).await?;
    run(&transaction, &statement!("cdm/rebuild/truncate_rebuilt_marts")).await?;
    transaction.commit().await?;
    tracing::info!(rows = changed, "the rebuilt marts have replaced the old ones");
    Ok(())
}

async fn run(transaction: &Transaction, statement: &Statement) -> Result<u64, Failure> {
    transaction.execute(statement, []).await
}
