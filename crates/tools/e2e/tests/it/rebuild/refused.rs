//! Tests of rejected rebuilds: a rebuild that would lose data does not begin.

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::{Fixture, phase};

#[tokio::test]
async fn a_rebuild_is_rejected_while_the_group_has_members() -> Result<()> {
    let fixture = Fixture::loaded(75, 100, 1).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        assert_refused(&fixture.pipeline, layer, &["has members", "stop every", layer.stem()]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_rebuild_is_rejected_if_the_beginning_of_the_topic_is_deleted() -> Result<()> {
    let mut fixture = Fixture::loaded(76, 100, 2).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        fixture.take(layer)?.stop().await?;
        delete_first_record(&fixture.pipeline, layer).await?;
        assert_refused(&fixture.pipeline, layer, &["partition 1 of", "begins at offset 1"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_rebuild_shows_its_effect_and_needs_confirmation() -> Result<()> {
    let mut fixture = Fixture::loaded(77, 100, 1).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        fixture.take(layer)?.stop().await?;
        let pipeline = &fixture.pipeline;
        let (before, committed) = (pipeline.snapshot().await?, pipeline.committed(layer).await?);
        let output = pipeline.service(layer).run(&["rebuild"]).await?;
        ensure!(output.status.code() == Some(64), "{}", output.status);
        let said = String::from_utf8(output.stderr)?;
        ensure!(said.trim_end().lines().count() == 1 && said.contains("--yes") && said.contains("--dry-run"), "{said}");

        let output = pipeline.service(layer).run(&["rebuild", "--dry-run"]).await?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(output.status.success() && said.starts_with("would read "), "{}: {said}", output.status);
        ensure!(said.ends_with("\nnothing was changed\n"), "{said}");
        before.assert_same(&pipeline.snapshot().await?)?;
        ensure!(pipeline.committed(layer).await? == committed, "the group was wound back");
        ensure!(phase(pipeline).await?.is_empty(), "a rebuild is noted");
    }
    Ok(())
}

#[tokio::test]
async fn stg_has_no_rebuild_command() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let output = pipeline.service(Layer::Stg).run(&["rebuild"]).await?;
    ensure!(output.status.code() == Some(64), "{}", output.status);
    Ok(())
}

/// One line, exit code 69, and nothing is different.
async fn assert_refused(pipeline: &Pipeline, layer: Layer, words: &[&str]) -> Result<()> {
    let (before, committed) = (pipeline.snapshot().await?, pipeline.committed(layer).await?);
    let output = pipeline.service(layer).run(&["rebuild", "--yes"]).await?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(69), "{}: {said}", output.status);
    let line = said.lines().last().context("it says nothing")?;
    ensure!(words.iter().all(|word| line.contains(word)), "it says: {line}");
    before.assert_same(&pipeline.snapshot().await?)?;
    ensure!(pipeline.committed(layer).await? == committed, "the group was wound back");
    ensure!(phase(pipeline).await?.is_empty(), "a rebuild is noted");
    Ok(())
}

async fn delete_first_record(pipeline: &Pipeline, layer: Layer) -> Result<()> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", pipeline.endpoints().bootstrap_servers());
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&pipeline.source(layer), 1, Offset::Offset(1))?;
    admin.delete_records(&list, &AdminOptions::new()).await?;
    Ok(())
}
