//! Tests of tags after a rebuild of the marts.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Workload, until};

#[tokio::test]
async fn tags_are_corrected_after_a_rebuild_of_the_marts() -> Result<()> {
    let week = Workload::clean(83, 400);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    let right = pipeline.sql("SELECT user_id, rule_id FROM cdm.user_tags ORDER BY 1, 2").await?;
    ensure!(right.len() > 50, "only {} tags", right.len());

    // Somebody spoils the marts, and a change of the rules spreads it to the tags.
    pipeline.sql("UPDATE cdm.user_category_counters SET order_cnt = 0, version = 9000000000000000000").await?;
    pipeline.sql("UPDATE cdm.tag_rules SET tag = tag || '!'").await?;
    let gone = async || {
        Ok(pipeline.untagged().await? == 0 && pipeline.count("SELECT count(*) FROM cdm.user_tags").await? == 0)
    };
    until("no user has a tag", Duration::from_secs(60), gone).await?;

    services[2].stop().await?;
    let output = pipeline.service(Layer::Cdm).run(&["rebuild", "--yes"]).await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    let over = async || Ok(pipeline.count("SELECT count(*) FROM public.tagmill_rebuilds").await? == 0);
    until("the rebuild is complete", Duration::from_secs(180), over).await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    let now = pipeline.sql("SELECT user_id, rule_id FROM cdm.user_tags ORDER BY 1, 2").await?;
    ensure!(now == right, "{} tags, and {} before", now.len(), right.len());
    // Each was told three times: it came, it went, it came back.
    assert_eq!(pipeline.assert_tags_are_published().await?.events, 3 * right.len());
    Ok(())
}
