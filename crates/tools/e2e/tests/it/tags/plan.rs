//! Tests of query plans about tags: a plan made for few tags is kept, and thousands of tags then change at once.

use anyhow::{Result, ensure};
use harness::Pipeline;
use tokio_postgres::SimpleQueryMessage;

/// As for a batch, and for all that come after it.
const SETTINGS: &str = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";

/// The plan of a statement, made when no user has a tag.
async fn plan(statement: &str, types: &str, values: &str) -> Result<String> {
    let pipeline = Pipeline::start(1).await?;
    let client = pipeline.database().await?;
    client.batch_execute("VACUUM ANALYZE cdm.user_tags").await?;
    client.batch_execute(SETTINGS).await?;
    client.batch_execute(&format!("PREPARE it ({types}) AS {statement}")).await?;
    let rows = client.simple_query(&format!("EXPLAIN EXECUTE it ({values})")).await?;
    let lines = rows.iter().filter_map(|row| match row {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn tags_are_revoked_by_tid_scan_even_with_a_plan_made_for_few_tags() -> Result<()> {
    let plan = plan(statement!("rules/apply_rule"), "bigint, uuid[]", "1, '{}'").await?;
    ensure!(plan.matches("Tid Scan on user_tags").count() == 2, "{plan}");
    ensure!(!plan.contains("Filter: (user_id"), "all users with the tag are scanned:\n{plan}");
    Ok(())
}

#[tokio::test]
async fn tags_of_a_user_are_found_by_index_even_with_a_plan_made_for_few_tags() -> Result<()> {
    let plan = plan(statement!("tags/select_tags_of_users"), "uuid[]", "'{}'").await?;
    ensure!(plan.contains("Index Scan using user_tags_pkey"), "the tags of all users are scanned:\n{plan}");
    Ok(())
}
