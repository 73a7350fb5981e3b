//! Reading again what was read changes no figure; a vault that was emptied by hand comes back to the same ones.

use anyhow::{Result, ensure};
use e2e::{Layer, Workload, until};

use super::{LIMIT, Stage};

#[tokio::test]
async fn a_replay_of_everything_notes_nothing_and_changes_nothing() -> Result<()> {
    let mut stage = Stage::loaded(&Workload::dirty(103, 600)).await?;
    let before = stage.pipeline.summary().await?;
    ensure!(before.values().all(|rows| !rows.is_empty()), "nothing is added up");
    for layer in Layer::ALL {
        stage.take(layer)?.stop().await?;
        stage.pipeline.rewind(layer).await?;
        stage.services.insert(layer, stage.service(layer).start().await?);
        stage.pipeline.settled().await?;
        let noted = stage.pipeline.count("SELECT count(*) FROM cdm_summary.stale_days").await?;
        ensure!(noted == 0, "{noted} days are noted though nothing has changed");
        stage.pipeline.summarized().await?;
        ensure!(stage.pipeline.summary().await? == before, "after {} the summary differs", layer.binary());
    }
    stage.assert_right().await
}

#[tokio::test]
async fn an_emptied_vault_comes_back_to_the_same_figures() -> Result<()> {
    let mut stage = Stage::loaded(&Workload::dirty(104, 600)).await?;
    let before = stage.pipeline.summary().await?;
    stage.take(Layer::Dds)?.stop().await?;
    stage.pipeline.truncate(Layer::Dds).await?;
    // The notes come with the emptying: nobody is told of orders that are not there.
    let gone = async || Ok(stage.pipeline.count("SELECT order_cnt FROM cdm.kpi").await? == 0);
    until("the orders are gone from the summary", LIMIT, gone).await?;
    stage.pipeline.rewind(Layer::Dds).await?;
    stage.services.insert(Layer::Dds, stage.service(Layer::Dds).start().await?);
    stage.settled().await?;
    stage.assert_right().await?;
    let after = stage.pipeline.summary().await?;
    for (table, rows) in &before {
        // Counters are counted anew, in versions of their own, and tags go and come with them: nobody has said that it is a
        // rebuild.
        if !table.ends_with("_users") && table != "cdm_summary.tag_event_days" {
            ensure!(after.get(table) == Some(rows), "{table} differs");
        }
    }
    Ok(())
}
