//! Tests of crashes between the commit of a tag change and its publication, and between publication and mark.

use std::os::unix::process::ExitStatusExt;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Workload};
use nix::sys::signal::Signal;

/// Number of deaths of each of two replicas, each during another part of the week.
const DEATHS: usize = 3;

#[tokio::test]
async fn every_change_of_a_tag_is_published_despite_kills() -> Result<()> {
    let week = Workload::dirty(82, 1_000);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    let _others = [pipeline.service(Layer::Stg).start().await?, pipeline.service(Layer::Dds).start().await?];

    for part in week.events.chunks(week.events.len().div_ceil(DEATHS)) {
        pipeline.load(part).await?;
        pipeline.wait_idle_up_to(&[Layer::Stg, Layer::Dds]).await?;
        // One dies with changes written and not published, the other with these published and not marked.
        for point in ["handed out=return", "acknowledged=return"] {
            let victim = pipeline.service(Layer::Cdm).env("FAILPOINTS", point).spawn()?;
            let status = victim.wait().await?;
            ensure!(status.signal() == Some(Signal::SIGKILL as i32), "it ended otherwise: {status}");
        }
    }
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    let published = pipeline.assert_tags_are_published().await?;
    ensure!(published.events > 100 && published.repeats >= DEATHS, "{published:?}");
    Ok(())
}
