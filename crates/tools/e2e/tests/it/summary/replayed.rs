//! Tests of the summary after a replay and after a truncated vault: the figures stay the same.

use anyhow::{Result, ensure};
use harness::{Layer, Workload, until};

use super::{Fixture, WAIT_TIMEOUT};

#[tokio::test]
async fn a_replay_of_everything_makes_no_day_stale_and_changes_nothing() -> Result<()> {
    let mut fixture = Fixture::loaded(&Workload::dirty(103, 600)).await?;
    let before = fixture.pipeline.summary().await?;
    ensure!(before.values().all(|rows| !rows.is_empty()), "nothing is added up");
    for layer in Layer::ALL {
        fixture.take(layer)?.stop().await?;
        fixture.pipeline.rewind(layer).await?;
        fixture.services.insert(layer, fixture.service(layer).start().await?);
        fixture.pipeline.wait_idle().await?;
        let noted = fixture.pipeline.count("SELECT count(*) FROM cdm_summary.stale_days").await?;
        ensure!(noted == 0, "{noted} days are noted though nothing has changed");
        fixture.pipeline.summarized().await?;
        ensure!(fixture.pipeline.summary().await? == before, "after {} the summary differs", layer.binary());
    }
    fixture.assert_right().await
}

#[tokio::test]
async fn a_truncated_vault_is_filled_again_with_the_same_figures() -> Result<()> {
    let mut fixture = Fixture::loaded(&Workload::dirty(104, 600)).await?;
    let before = fixture.pipeline.summary().await?;
    fixture.take(Layer::Dds)?.stop().await?;
    fixture.pipeline.truncate(Layer::Dds).await?;
    // The truncation itself notes the days: no order is reprocessed that could note them.
    let gone = async || Ok(fixture.pipeline.count("SELECT order_cnt FROM cdm.kpi").await? == 0);
    until("the orders are gone from the summary", WAIT_TIMEOUT, gone).await?;
    fixture.pipeline.rewind(Layer::Dds).await?;
    fixture.services.insert(Layer::Dds, fixture.service(Layer::Dds).start().await?);
    fixture.wait_idle().await?;
    fixture.assert_right().await?;
    let after = fixture.pipeline.summary().await?;
    for (table, rows) in &before {
        // Counters are recounted with new versions, and tags change with them, because CDM does not know that this is a
        // rebuild.
        if !table.ends_with("_users") && table != "cdm_summary.tag_event_days" {
            ensure!(after.get(table) == Some(rows), "{table} differs");
        }
    }
    Ok(())
}
