//! Tests of `cdm-service rebuild`: wrong marts become right in one transaction, and readers see no intermediate state.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, until};

use super::{Fixture, WAIT_TIMEOUT, phase};

/// Manual damage: wrong counts and names, versions from the future, extra and missing rows.
const HARM: &str = "
    UPDATE cdm.user_product_counters SET order_cnt = order_cnt + 100 WHERE id % 7 = 0;
    UPDATE cdm.user_product_counters SET product_name = '?', version = 9000000000000000000 WHERE id % 7 = 1;
    DELETE FROM cdm.user_product_counters WHERE id % 7 = 2;
    UPDATE cdm.user_category_counters SET order_cnt = 0, version = 9000000000000000000 WHERE id % 3 = 0;
    DELETE FROM cdm.user_category_counters WHERE id % 3 = 1;
    INSERT INTO cdm.user_product_counters (user_id, product_id, product_name, order_cnt, version)
    SELECT user_id, gen_random_uuid(), 'too many', 3, 1 FROM cdm.users LIMIT 5;
    INSERT INTO cdm.user_category_counters (user_id, category_id, category_name, order_cnt, version)
    SELECT gen_random_uuid(), gen_random_uuid(), 'too many', 3, 1 FROM cdm.users LIMIT 5;
    DELETE FROM cdm.users WHERE user_id IN (SELECT user_id FROM cdm.users ORDER BY user_id LIMIT 2);
    UPDATE cdm.users SET source_id = source_id || '?'
    WHERE user_id IN (SELECT user_id FROM cdm.users ORDER BY user_id LIMIT 2);
    INSERT INTO cdm.users VALUES (gen_random_uuid(), 'nobody')";

/// Everything but the ids.
const CONTENT: &str = "
    SELECT user_id, product_id, product_name, order_cnt, version FROM cdm.user_product_counters
    UNION ALL SELECT user_id, category_id, category_name, order_cnt, version FROM cdm.user_category_counters
    UNION ALL SELECT user_id, NULL, source_id, NULL, NULL FROM cdm.users";

const IDS: &str = "
    SELECT id, user_id, product_id FROM cdm.user_product_counters
    UNION ALL SELECT id, user_id, category_id FROM cdm.user_category_counters";

#[tokio::test]
async fn wrong_marts_are_replaced_in_one_transaction() -> Result<()> {
    let mut fixture = Fixture::loaded(73, 600, 2).await?;
    let right = look(&fixture.pipeline, CONTENT).await?;
    fixture.take(Layer::Cdm)?.stop().await?;
    fixture.pipeline.sql(HARM).await?;
    let harmed = look(&fixture.pipeline, CONTENT).await?;
    let ids = look(&fixture.pipeline, IDS).await?;
    ensure!(harmed.difference(&right).count() > 20 && right.difference(&harmed).count() > 20, "not much harm was done");

    super::prepare(&fixture.pipeline, Layer::Cdm).await?;
    let few = || fixture.pipeline.service(Layer::Cdm).env("BATCH_SIZE", "20").spawn();
    let _replicas = [few()?, few()?];
    let mut looks = 0;
    until("the marts are replaced", WAIT_TIMEOUT, async || {
        let under_way = !phase(&fixture.pipeline).await?.is_empty();
        let now = look(&fixture.pipeline, CONTENT).await?;
        ensure!(now == harmed || now == right, "readers saw {} rows, neither the old nor the new", now.len());
        looks += usize::from(now == harmed);
        Ok(!under_way)
    })
    .await?;
    ensure!(looks > 1, "the old marts were seen {looks} times");
    ensure!(look(&fixture.pipeline, CONTENT).await? == right, "the marts are not what they were");
    let kept = look(&fixture.pipeline, IDS).await?.intersection(&ids).count();
    ensure!(kept > 20 && kept == ids.len() - 10, "{kept} of {} rows have kept their ids", ids.len());
    for table in ["users", "user_product_counters", "user_category_counters"] {
        let left = fixture.pipeline.count(&format!("SELECT count(*) FROM cdm_rebuild.{table}")).await?;
        ensure!(left == 0, "{left} rows were left in cdm_rebuild.{table}");
    }
    fixture.finish().await
}

#[tokio::test]
async fn marts_are_rebuilt_while_orders_arrive() -> Result<()> {
    let mut fixture = Fixture::loaded(74, 600, 1).await?;
    fixture.take(Layer::Cdm)?.stop().await?;
    fixture.pipeline.sql("TRUNCATE cdm.users, cdm.user_product_counters, cdm.user_category_counters").await?;
    super::prepare(&fixture.pipeline, Layer::Cdm).await?;
    fixture.load(50).await?;
    let few = fixture.pipeline.service(Layer::Cdm).env("BATCH_SIZE", "20");
    let _cdm = few.start().await?;
    fixture.load(50).await?;
    fixture.finish().await
}

async fn look(pipeline: &Pipeline, statement: &str) -> Result<BTreeSet<String>> {
    Ok(pipeline.sql(statement).await?.into_iter().collect())
}
