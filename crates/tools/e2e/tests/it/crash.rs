//! Tests of crashes: SIGKILL at any point, any number of times, loses nothing and counts nothing twice.

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Process, Workload, until};
use nix::sys::signal::Signal;

use crate::story::{Order, closed, restaurant, user, workload};

#[tokio::test]
async fn a_kill_of_stg_loses_no_decrement() -> Result<()> {
    dies_with_a_decrement_in_hand(Layer::Stg).await
}

#[tokio::test]
async fn a_kill_of_dds_loses_no_decrement() -> Result<()> {
    dies_with_a_decrement_in_hand(Layer::Dds).await
}

#[tokio::test]
async fn a_kill_of_cdm_loses_no_decrement() -> Result<()> {
    dies_with_a_decrement_in_hand(Layer::Cdm).await
}

/// At each point of a batch: before the transaction, after it, and after the acknowledgement.
async fn dies_with_a_decrement_in_hand(layer: Layer) -> Result<()> {
    tokio::try_join!(dies_at("received", layer), dies_at("stored", layer), dies_at("published", layer))?;
    Ok(())
}

/// Two orders; the first loses a line, which is the third record; then it loses its status, then it changes once more.
const STORY: [Order<'_>; 5] = [
    closed(1, "u", &["tea", "roll"]),
    closed(2, "u", &["tea"]),
    Order { minute: 1, ..closed(1, "u", &["tea"]) },
    Order { minute: 2, status: "CANCELLED", ..closed(1, "u", &["tea"]) },
    Order { minute: 3, ..closed(1, "u", &["cake"]) },
];

/// One record a batch, so that the third batch is the decrement in every layer.
async fn dies_at(point: &str, layer: Layer) -> Result<()> {
    let week = workload(&STORY)?;
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    let one_by_one = |layer| pipeline.service(layer).env("BATCH_SIZE", "1");
    let others = Layer::ALL.into_iter().filter(|other| *other != layer);
    let _others: Vec<Process> = others.map(|layer| one_by_one(layer).spawn()).collect::<Result<_>>()?;
    let victim = one_by_one(layer).env("FAILPOINTS", format!("{point}=2*off->return")).spawn()?;
    pipeline.load(&week.events).await?;
    assert_killed(&victim).await?;
    ensure!(pipeline.committed(layer).await?[0] <= 2, "the third record of {} was committed", layer.binary());

    let _restarted = one_by_one(layer).spawn()?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_tags_are_published().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// It died by its own hand, not of an error.
async fn assert_killed(process: &Process) -> Result<()> {
    let status = process.wait().await?;
    ensure!(status.signal() == Some(Signal::SIGKILL as i32), "it ended otherwise: {status}");
    Ok(())
}

#[tokio::test]
async fn a_retried_order_is_published_after_a_kill_before_publishing() -> Result<()> {
    dies_unparking("resumed", 0).await
}

#[tokio::test]
async fn a_retried_order_is_published_in_the_same_bytes_after_a_kill_before_the_mark() -> Result<()> {
    dies_unparking("sent", 1).await
}

/// An order waits for its user. The name is added while STG is down. The STG that un-parks the order dies at `point`,
/// after this number of messages.
async fn dies_unparking(point: &str, sent: usize) -> Result<()> {
    let week = workload(&[closed(1, "late", &["tea"])])?;
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[restaurant(&["tea"])?]).await?;
    pipeline.load(&week.events).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    ensure!(pipeline.parked().await? == 1, "the order is not parked");
    stg.stop().await?;

    pipeline.name(&[user("late")?]).await?;
    let victim = pipeline.service(Layer::Stg).env("FAILPOINTS", format!("{point}=return")).spawn()?;
    assert_killed(&victim).await?;
    ensure!(pipeline.unsent().await? == 1, "it is marked as sent before its time");
    let messages = pipeline.read(&pipeline.source(Layer::Dds)).await?;
    ensure!(messages.len() == sent, "{} messages at `{point}`", messages.len());

    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    let messages = pipeline.read(&pipeline.source(Layer::Dds)).await?;
    ensure!(messages.len() == sent + 1, "{} messages in the end", messages.len());
    let different: HashSet<_> = messages.iter().map(|message| (&message.key, &message.value)).collect();
    ensure!(different.len() == 1, "two messages about one version differ");
    pipeline.audit().await?;
    pipeline.assert_tags_are_published().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// Number of kills of all three services during the week.
const ROUNDS: u64 = 4;

#[tokio::test]
async fn repeated_kills_of_all_services_during_a_load_lose_nothing() -> Result<()> {
    let week = Workload::dirty(61, 1_500);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    for round in 0..ROUNDS {
        let services = pipeline.start_all().await?;
        for (service, (layer, step)) in services.iter().zip(Layer::ALL.into_iter().zip(steps(round))) {
            let begun = pipeline.committed(layer).await?[0];
            let what = format!("{} is {step} records further, or done", layer.binary());
            until(&what, Duration::from_secs(180), async || {
                let committed = pipeline.committed(layer).await?[0];
                Ok(committed >= begun + step || committed == pipeline.ends(&pipeline.source(layer)).await?[0])
            })
            .await?;
            service.kill().await?;
        }
    }
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_tags_are_published().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// Number of batches that each layer processes in a round before it dies.
fn steps(round: u64) -> [i64; 3] {
    [1, 2, 3].map(|layer| i64::try_from((round * 3 + layer) * 7919 % 251).unwrap_or(1))
}
