//! Test of a restored backup: the missing records are replayed from Kafka.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use devstack::postgres_program;
use harness::{Layer, Pipeline, Record, Workload};
use tempfile::TempDir;
use tokio::process::Command;

#[tokio::test]
async fn a_restored_database_and_a_replay_of_the_last_hour_converge() -> Result<()> {
    let week = Workload::dirty(141, 900);
    let (old, recent) = week.events.split_at(week.events.len() / 3);
    let (before, after) = recent.split_at(recent.len() / 2);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(old).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;

    // A role with rights on this server, which the target server of the restore does not have.
    let name = name_of(&pipeline)?;
    let reader = format!("{name}_reader");
    pipeline.administer(&format!("CREATE ROLE {reader}")).await?;
    pipeline.sql(&format!("GRANT USAGE ON SCHEMA cdm TO {reader}")).await?;
    pipeline.sql(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO {reader}")).await?;

    // The backup is taken while orders are on their way; the last hour begins before it.
    let last_hour = first_timestamp(&pipeline, before).await?;
    let folder = TempDir::new()?;
    let backup = folder.path().join("tagmill.dump");
    dump(&pipeline, &backup).await?;
    let held = pipeline.count("SELECT count(*) FROM stg.order_events").await?;
    pipeline.load(after).await?;
    pipeline.wait_idle().await?;
    pipeline.assert_marts(&week.expected()).await?;
    let everything = pipeline.count("SELECT count(*) FROM stg.order_events").await?;
    ensure!(held < everything, "nothing came after the backup");

    pipeline.administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    pipeline.administer(&format!("DROP ROLE {reader}")).await?;
    for service in services {
        let (status, _) = service.get("/health").await?;
        ensure!(status == 200, "/health must not fail because of a lost database");
        service.stop().await?;
    }

    pipeline.administer(&format!("CREATE DATABASE {name}")).await?;
    restore(&pipeline, &backup).await?;
    let restored = pipeline.count("SELECT count(*) FROM stg.order_events").await?;
    ensure!(0 < restored && restored < everything, "{restored} orders of {everything} were in the backup");
    for layer in [Layer::Stg, Layer::Dds] {
        let offsets = pipeline.offsets_at(layer, last_hour).await?;
        let ends = pipeline.ends(&pipeline.source(layer)).await?;
        ensure!(offsets.iter().sum::<i64>() > 0, "{offsets:?}: that is more than the last hour");
        ensure!(offsets.iter().sum::<i64>() < ends.iter().sum(), "{offsets:?} of {ends:?}: nothing is read again");
        pipeline.commit(layer, &offsets).await?;
    }
    // Counters that DDS has published since belong to a lost vault, with versions that the restored one may never
    // reach.
    pipeline.commit(Layer::Cdm, &pipeline.ends(&pipeline.source(Layer::Cdm)).await?).await?;

    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    ensure!(pipeline.count("SELECT count(*) FROM stg.order_events").await? == everything, "an order is missing");
    for service in services {
        service.stop().await?;
    }
    Ok(())
}

/// Loads orders and returns when, by the broker's own account, the first of them came.
async fn first_timestamp(pipeline: &Pipeline, orders: &[workload::source::Event]) -> Result<i64> {
    let topic = pipeline.source(Layer::Stg);
    let ends = pipeline.ends(&topic).await?;
    pipeline.load(orders).await?;
    let records: Vec<Record> = pipeline.read_from(&topic, &ends).await?;
    records.iter().filter_map(|record| record.timestamp).min().context("no record has a timestamp")
}

async fn dump(pipeline: &Pipeline, file: &Path) -> Result<()> {
    let mut program = Command::new(postgres_program("pg_dump")?);
    program.args(["--format=custom", "--file"]).arg(file).arg(pipeline.database_url());
    run(program).await
}

async fn restore(pipeline: &Pipeline, file: &Path) -> Result<()> {
    let mut program = Command::new(postgres_program("pg_restore")?);
    program.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-acl", "--dbname"]);
    program.arg(pipeline.database_url()).arg(file);
    run(program).await
}

async fn run(mut program: Command) -> Result<()> {
    let output = program.output().await?;
    ensure!(output.status.success(), "{program:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn name_of(pipeline: &Pipeline) -> Result<String> {
    let url = pipeline.database_url();
    Ok(url.rsplit('/').next().and_then(|rest| rest.split('?').next()).context("no name")?.to_owned())
}
