//! How PostgreSQL goes about tags: a service keeps the plan that it has made while hardly anybody had one, and then thousands
//! lose theirs at once.

use anyhow::{Result, ensure};
use e2e::Pipeline;
use tokio_postgres::SimpleQueryMessage;

/// The statement that gives and takes tags.
const APPLY: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/cdm/apply_rule.sql"));

/// As for a batch, and for whoever asks next.
const SETTINGS: &str = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";

#[tokio::test]
async fn a_tag_is_found_at_its_place_however_few_there_were_at_first() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let client = pipeline.database().await?;
    client.batch_execute("VACUUM ANALYZE cdm.user_tags").await?;
    client.batch_execute(SETTINGS).await?;
    client.batch_execute(&format!("PREPARE apply (bigint, uuid[]) AS {APPLY}")).await?;
    let rows = client.simple_query("EXPLAIN EXECUTE apply (1, '{}')").await?;
    let lines = rows.iter().filter_map(|row| match row {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan = lines.collect::<Vec<_>>().join("\n");
    ensure!(plan.matches("Tid Scan on user_tags").count() == 2, "{plan}");
    ensure!(!plan.contains("Filter: (user_id"), "everybody who has the tag is looked through:\n{plan}");
    Ok(())
}
