//! Tests of a login that is revoked while a service runs: the service waits, reports why, and continues when it is
//! granted again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Process, Workload, until};
use serde_json::Value;

use super::{Fixture, ensure_silent};

const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

#[tokio::test]
async fn a_running_service_waits_while_its_login_is_revoked() -> Result<()> {
    let fixture = Fixture::start().await?;
    let week = Workload::dirty(111, 240);
    let (first, rest) = week.events.split_at(60);
    let (second, third) = rest.split_at(60);
    fixture.pipeline.name(&week.reference).await?;
    fixture.pipeline.load(first).await?;
    let mut services = Vec::new();
    for layer in Layer::ALL {
        let service = fixture.service(layer)?.env("KAFKA_SASL_MECHANISM", "PLAIN");
        services.push(service.start().await?);
    }
    fixture.pipeline.wait_idle().await?;

    // PostgreSQL: another password, and the sessions of the old one are ended.
    let database = fixture.pipeline.database().await?;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guarded'";
    database.batch_execute(&format!("ALTER ROLE guarded PASSWORD 'another'; {end}")).await?;
    fixture.pipeline.load(second).await?;
    waits_for(&services[0], "postgres", "28P01").await?;
    let (_, password) = fixture.secured()?.kafka_login();
    let old = password.replace("k4fka", "p0stgres");
    database.batch_execute(&format!("ALTER ROLE guarded PASSWORD '{old}'")).await?;
    fixture.pipeline.wait_idle().await?;

    // Redis: the user is disabled, and its connections are closed.
    let mut redis = fixture.pipeline.redis().await?;
    let () = redis::cmd("ACL").arg(&["SETUSER", "guarded", "off"]).query_async(&mut redis).await?;
    let _: u64 = redis::cmd("CLIENT").arg(&["KILL", "USER", "guarded"]).query_async(&mut redis).await?;
    fixture.pipeline.load(third).await?;
    waits_for(&services[0], "redis", "Password authentication failed").await?;
    let () = redis::cmd("ACL").arg(&["SETUSER", "guarded", "on"]).query_async(&mut redis).await?;
    fixture.pipeline.wait_idle().await?;

    // Kafka: the broker restarts with another password for PLAIN.
    let properties = fixture.stack.folder().join("kafka/server.properties");
    let before = std::fs::read_to_string(&properties)?;
    fixture.stack.kafka().stop().await?;
    std::fs::write(&properties, before.replace("k4fka", "another"))?;
    fixture.stack.kafka().start().await?;
    for service in &services {
        waits_for(service, "kafka", "").await?;
    }
    fixture.stack.kafka().stop().await?;
    std::fs::write(&properties, before)?;
    fixture.stack.kafka().start().await?;
    for service in &services {
        service.ready().await?;
    }

    fixture.pipeline.wait_idle().await?;
    fixture.pipeline.audit().await?;
    fixture.pipeline.assert_marts(&week.expected()).await?;
    for (log, text) in fixture.pipeline.logs()? {
        ensure_silent(&log, &text, &fixture.secured()?.secrets())?;
    }
    Ok(())
}

/// Asserts that the service is running and healthy, and reports what it waits for.
async fn waits_for(service: &Process, dependency: &str, why: &str) -> Result<()> {
    until(&format!("a service says that it waits for {dependency}"), WAIT_TIMEOUT, async || {
        ensure!(service.is_running().await?, "it ended instead of waiting for {dependency}:\n{}", service.log()?);
        let (status, body) = service.get("/ready").await?;
        let readiness: Value = serde_json::from_str(&body)?;
        let reasons = readiness["reasons"].as_array().context("no reasons")?;
        let waits = |reason: &Value| reason["dependency"] == dependency && reason.to_string().contains(why);
        Ok(status == 503 && reasons.iter().any(waits))
    })
    .await?;
    let (status, _) = service.get("/health").await?;
    ensure!(status == 200, "waiting is not healthy");
    Ok(())
}
