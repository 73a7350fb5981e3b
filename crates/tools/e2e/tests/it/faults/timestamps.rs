//! Tests of record timestamps in seconds: rejected with advice, and accepted with `RECORD_TIMESTAMP=sent_dttm`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Record, until};

use crate::story::{Order, closed, workload};

const ORDERS: [Order<'static>; 2] = [closed(1, "u", &["tea"]), closed(2, "u", &["tea"])];

#[tokio::test]
async fn timestamps_in_seconds_are_rejected_unless_sent_dttm_is_used() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&workload(&ORDERS)?.reference).await?;
    let record = |order: &Order<'_>| Record { timestamp: Some(1_773_057_600), ..order.record() };
    pipeline.produce(&pipeline.source(Layer::Stg), ORDERS.iter().map(record)).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    ensure!(letters.len() == 2, "{letters:?}");
    for letter in &letters {
        ensure!(letter.header("reason").as_deref() == Some("from-the-future"), "{letter:?}");
        let error = letter.header("error").context("no error")?;
        for part in
            ["sent_dttm is 2026-03-02 12:00:00,", "the record's timestamp, 1970-01-21 ", "RECORD_TIMESTAMP=sent_dttm"]
        {
            ensure!(error.contains(part), "{error}");
        }
    }
    ensure!(stg.log()?.contains("RECORD_TIMESTAMP=sent_dttm"), "the log does not say what to do");
    stg.stop().await?;

    let _stg = pipeline.service(Layer::Stg).env("RECORD_TIMESTAMP", "sent_dttm").start().await?;
    let replayed = pipeline.service(Layer::Stg).run(&["dead-letters", "replay", "--yes"]).await?;
    ensure!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    until("the orders are stored", Duration::from_secs(60), async || {
        Ok(pipeline.count("SELECT count(*) FROM stg.order_events").await? == 2)
    })
    .await
}
