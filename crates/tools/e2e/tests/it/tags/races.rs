//! Tests of races between batches and changes of rules, and between two replicas that apply one rule.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Layer, Pipeline, until};
use orders::keys;

use crate::tags::{CATEGORY, USER, counters, rule, say, tags};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_rule_changed_during_a_batch_is_applied_to_every_user() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    // Two: one has the batch in hand, and the other one sees to the rule.
    let cdm = || pipeline.service(Layer::Cdm);
    let _replicas = [cdm().start().await?, cdm().start().await?];
    say(&pipeline, counters(USER, 1, 9, 1)).await?;

    // The batch has read the rules, as it reads them with the counter, and cannot go on.
    let client = pipeline.database().await?;
    client.batch_execute("BEGIN; LOCK TABLE cdm.user_tags IN ACCESS EXCLUSIVE MODE").await?;
    pipeline.produce(&pipeline.source(Layer::Cdm), [counters(USER, 2, 10, 1)]).await?;
    until("the batch waits", WAIT_TIMEOUT, async || Ok(waiting(&pipeline, "user_tags").await? == 1)).await?;
    rule(&pipeline, 100, "category", CATEGORY, 10, "Завтракает").await?;
    until("the rule waits for the batch", WAIT_TIMEOUT, async || Ok(waiting(&pipeline, "users").await? > 0)).await?;
    client.batch_execute("COMMIT").await?;

    pipeline.wait_idle_up_to(&[Layer::Cdm]).await?;
    assert_eq!(tags(&pipeline).await?, [format!("{USER}|100|Завтракает")]);
    assert_eq!(pipeline.assert_tags_are_published().await?.events, 1);
    Ok(())
}

#[tokio::test]
async fn users_of_a_shard_in_work_are_waited_for_and_the_others_continue() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    let [low, high] = [user_of_shard(0)?, user_of_shard(1)?];
    for user in [&low, &high] {
        say(&pipeline, counters(user, 1, 10, 1)).await?;
    }

    let replica = pipeline.database().await?;
    replica.batch_execute("BEGIN").await?;
    replica.query(statement!("rules/lock_shard"), &[&0_i64]).await?;
    rule(&pipeline, 100, "category", CATEGORY, 10, "Завтракает").await?;
    let tagged = |user: &str| format!("{user}|100|Завтракает");
    until("the other shard is done", WAIT_TIMEOUT, async || Ok(tags(&pipeline).await? == [tagged(&high)])).await?;
    pipeline.sql("BEGIN; LOCK TABLE cdm.users IN ROW EXCLUSIVE MODE NOWAIT; ROLLBACK").await?; // as a batch begins
    replica.batch_execute("COMMIT").await?;

    pipeline.wait_idle_up_to(&[Layer::Cdm]).await?;
    let mut everybody = [tagged(&low), tagged(&high)];
    everybody.sort();
    assert_eq!(tags(&pipeline).await?, everybody);
    assert_eq!(pipeline.assert_tags_are_published().await?.events, 2);
    Ok(())
}

/// Whether a user belongs to this shard: one half of the keys, or the other.
fn user_of_shard(shard: u128) -> Result<String> {
    let mut users = (0..100).map(|number| format!("user {number}"));
    users.find(|user| keys::user(user).as_u128() >> 127 == shard).context("no such user")
}

/// Number of backends that wait for a lock on a table of the marts.
async fn waiting(pipeline: &Pipeline, table: &str) -> Result<u64> {
    pipeline
        .count(&format!("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'cdm.{table}'::regclass"))
        .await
}
