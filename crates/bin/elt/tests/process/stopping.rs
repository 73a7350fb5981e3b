//! SIGTERM in the middle of a cycle.

use crate::{
    fixture::{Fixture, connect, items, rows, texts},
    service::{Service, until},
};

/// Backends of a test's database that run something, this one aside.
const BUSY: &str = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
    AND pid <> pg_backend_pid()";

#[tokio::test]
async fn a_cycle_that_cannot_end_in_time_is_rolled_back_on_both_sides() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.write_job(
        "items.yaml",
        &items("").replace("SELECT id, title", "SELECT id, title || pg_sleep(id / 10.0)::text"),
    );
    let service = Service::start(&fixture, &[("SHUTDOWN_GRACE", "3s")]);
    service.until_job("items", "running").await?;
    let watcher = connect(&fixture.source_url).await?;
    assert!(until(async || Ok(!texts(&watcher, BUSY).await?.is_empty())).await?);
    let (code, log) = service.stop().await?;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("cycles are rolled back"), "{log}");
    assert!(
        until(async || Ok(texts(&watcher, BUSY).await?.is_empty())).await?,
        "the statement of the source was not ended"
    );
    assert!(until(async || Ok(texts(&fixture.target, BUSY).await?.is_empty())).await?);
    assert!(
        texts(&fixture.target, "SELECT to_regclass('items')::text WHERE to_regclass('items') IS NOT NULL")
            .await?
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn a_cycle_that_can_end_in_time_ends() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.source.batch_execute("DELETE FROM items WHERE id > 1").await?;
    fixture.write_job(
        "items.yaml",
        &items("").replace("SELECT id, title", "SELECT id, title || pg_sleep(2)::text AS title"),
    );
    let service = Service::start(&fixture, &[]);
    service.until_job("items", "running").await?;
    let (code, log) = service.stop().await?;
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(rows(&fixture.target).await?.len(), 1, "{log}");
    Ok(())
}
