//! Test of the whole pipeline over secured listeners; no output contains a secret.

use std::path::Path;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Process, Workload};
use tempfile::TempDir;

use super::{Fixture, ensure_silent};

#[tokio::test]
async fn the_pipeline_works_with_scram_verify_full_and_rediss() -> Result<()> {
    let fixture = Fixture::start().await?;
    works(&fixture, &fixture.pipeline, "SCRAM-SHA-512", 101).await?;
    // PLAIN, and every secret from a file.
    let second = Pipeline::start_on(fixture.stack.endpoints(), 1).await?;
    works(&fixture, &second, "PLAIN", 102).await
}

async fn works(fixture: &Fixture, pipeline: &Pipeline, mechanism: &str, seed: u64) -> Result<()> {
    let week = Workload::dirty(seed, 150);
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let folder = TempDir::new()?;
    let files = if mechanism == "PLAIN" { secret_files(fixture, pipeline, folder.path())? } else { Vec::new() };
    let mut services: Vec<Process> = Vec::new();
    for layer in Layer::ALL {
        // At level `trace` the drivers log everything.
        let mut service =
            fixture.service_of(pipeline, layer)?.env("KAFKA_SASL_MECHANISM", mechanism).env("RUST_LOG", "trace");
        for (name, file) in &files {
            if *name != "REDIS_URL" || layer == Layer::Stg {
                service = service.env(name, "").env(&format!("{name}_FILE"), file);
            }
        }
        services.push(service.spawn()?);
    }
    for service in &services {
        service.ready().await?;
    }
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;

    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE datname = current_database() AND usename = 'guarded' AND ssl";
    ensure!(pipeline.count(encrypted).await? >= 3, "not every service came to the database by the guarded door");
    for service in &services {
        service.stop().await?;
    }
    let secrets = fixture.secured()?.secrets();
    for (log, text) in pipeline.logs()? {
        ensure!(text.contains("\"TRACE\"") || text.contains("\"DEBUG\""), "{log} holds nothing of the drivers");
        ensure_silent(&log, &text, &secrets)?;
    }
    Ok(())
}

/// Every secret in a separate file, with a trailing newline.
fn secret_files(fixture: &Fixture, pipeline: &Pipeline, folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let (_, password) = fixture.secured()?.kafka_login();
    let secrets = [
        ("KAFKA_SASL_PASSWORD", password.to_owned()),
        ("DATABASE_URL", fixture.database_url(pipeline)?),
        ("REDIS_URL", fixture.redis_url(pipeline)?),
    ];
    let write = |(name, secret): (&'static str, String)| {
        let file = folder.join(name);
        std::fs::write(&file, format!("{secret}\n"))?;
        Ok((name, file.display().to_string()))
    };
    secrets.into_iter().map(write).collect()
}
