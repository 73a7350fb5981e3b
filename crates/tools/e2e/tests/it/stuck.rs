//! Tests of a service without progress: `/ready` and `/metrics` report a rejected record or a lock within a minute; it
//! stays healthy.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Process, Workload, until};
use serde_json::Value;

use crate::story::{Order, closed, workload};

const A_MINUTE: Duration = Duration::from_secs(60);

/// One batch, and no more.
const ORDERS: u64 = 100;

/// So many orders of as many users, in the order of their ids, from 1.
fn orders() -> Result<Workload> {
    let users: Vec<String> = (1..=ORDERS).map(|id| format!("user-{id}")).collect();
    let orders: Vec<Order<'_>> = (1..=ORDERS).zip(&users).map(|(id, user)| closed(id, user, &["tea"])).collect();
    workload(&orders)
}

/// Makes PostgreSQL raise `raised` for a row of a table.
async fn refuse(pipeline: &Pipeline, table: &str, condition: &str, raised: &str) -> Result<()> {
    let sql = format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF {condition} THEN {raised}; END IF; RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
    );
    pipeline.sql(&sql).await?;
    Ok(())
}

/// Waits until `/ready` reports a cause, and returns its text.
async fn reason(service: &Process, what: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
    let mut found = None;
    until(what, A_MINUTE, async || {
        let Ok((status, body)) = service.get("/ready").await else { return Ok(false) }; // not yet
        let readiness: Value = serde_json::from_str(&body)?;
        let reasons = readiness["reasons"].as_array().context("no reasons")?;
        found = reasons.iter().find(|reason| is_it(reason)).cloned().filter(|_| status == 503);
        Ok(found.is_some())
    })
    .await?;
    let (status, _) = service.get("/health").await?;
    ensure!(status == 200, "waiting is not healthy");
    ensure!(service.metric("tagmill_ready").await? == 0.0, "the metric says that it is ready");
    found.context("it was there a moment ago")
}

#[tokio::test]
async fn the_record_that_causes_a_repeated_error_is_named_and_stored_when_the_error_ends() -> Result<()> {
    let week = orders()?;
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    // Another text each time, as of a deadlock, which names processes.
    let raised = "RAISE EXCEPTION 'not at %', clock_timestamp()";
    refuse(&pipeline, "stg.order_events", "NEW.object_id = 71", raised).await?;
    let stg = pipeline.service(Layer::Stg).spawn()?;

    let named = reason(&stg, "the record is named", |reason| reason["record"].is_object()).await?;
    assert_eq!((&named["reason"], &named["dependency"]), (&"waiting-for".into(), &"postgres".into()));
    let record = &named["record"];
    assert_eq!(record["topic"], pipeline.source(Layer::Stg));
    assert_eq!((&record["partition"], &record["offset"]), (&0.into(), &70.into()));
    ensure!(stg.metric("tagmill_stuck_records").await? == 1.0, "no metric tells of it");
    ensure!(stg.metric("tagmill_dependency_waiting").await? == 1.0, "no metric shows the dependency");
    assert_eq!(offsets_named(&stg)?, [70], "the log names others");
    let stored = pipeline.count("SELECT count(*) FROM stg.order_events WHERE object_id < 71").await?;
    assert_eq!(stored, 70, "what comes before it is not stored");
    assert_eq!(pipeline.committed(Layer::Stg).await?, [0], "it was passed over");

    pipeline.sql("DROP TRIGGER refuse ON stg.order_events").await?;
    stg.ready().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    assert_eq!(pipeline.count("SELECT count(*) FROM stg.order_events").await?, ORDERS);
    assert_eq!(pipeline.read(&pipeline.destination(Layer::Stg)).await?.len() as u64, ORDERS);
    ensure!(pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?.is_empty(), "it was given up");
    ensure!(stg.metric("tagmill_stuck_records").await? == 0.0, "the metric still tells of it");
    Ok(())
}

/// Distinct offsets of records that cannot be stored, according to the log.
fn offsets_named(service: &Process) -> Result<Vec<u64>> {
    let mut offsets = Vec::new();
    for line in service.log()?.lines().filter(|line| line.contains("cannot be stored")) {
        let line: Value = serde_json::from_str(line)?;
        ensure!(line["record.topic"].is_string() && line["record.partition"] == 0, "{line}");
        offsets.push(line["record.offset"].as_u64().context("no offset")?);
    }
    offsets.dedup();
    Ok(offsets)
}

#[tokio::test]
async fn data_that_the_database_rejects_affects_only_its_own_records() -> Result<()> {
    let week = orders()?;
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    stg.stop().await?;
    let raised = "RAISE EXCEPTION 'of «%»', NEW.order_id USING ERRCODE =
        CASE NEW.order_id WHEN '13' THEN '22003' WHEN '14' THEN '23514' ELSE '54000' END";
    refuse(&pipeline, "dds.h_order", "NEW.order_id IN ('13', '14', '87')", raised).await?;

    let dds = pipeline.service(Layer::Dds).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Dds]).await?;
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Dds)).await?;
    let mut rejected = Vec::new();
    for letter in &letters {
        assert_eq!(letter.header("reason").as_deref(), Some("refused-by-database"));
        rejected.push((letter.json()?["object_id"].as_u64(), letter.header("source-offset")));
    }
    let expected = [(13, "12"), (14, "13"), (87, "86")];
    assert_eq!(rejected, expected.map(|(id, offset)| (Some(id), Some(offset.to_owned()))));
    assert_eq!(pipeline.count("SELECT count(*) FROM dds.h_order").await?, ORDERS - 3);
    ensure!(dds.metric("tagmill_batches_total").await? == 1.0, "it was not one batch: this test shows nothing");
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_waits_for_a_lock_is_reported() -> Result<()> {
    let week = orders()?;
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    let somebody = pipeline.database().await?;
    somebody.batch_execute("BEGIN; LOCK TABLE stg.order_events IN EXCLUSIVE MODE").await?;
    pipeline.load(&week.events).await?;

    let waiting = reason(&stg, "it tells of the lock", |reason| reason["reason"] == "waiting-for").await?;
    ensure!(waiting["error"].as_str().is_some_and(|error| error.contains("55P03")), "{waiting}");
    somebody.batch_execute("COMMIT").await?;
    stg.ready().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    assert_eq!(pipeline.count("SELECT count(*) FROM stg.order_events").await?, ORDERS);
    Ok(())
}
