//! Outages: brokers that are unreachable or do not answer.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Message, Publisher as _, Source as _, Waiting};
use devstack::{Options, Stack};
use kafka::{Publisher, Source};
use tokio::time::{Instant, sleep};

use crate::fixture::{Fixture, POLL_INTERVAL, drain, soon};

#[tokio::test]
async fn publishing_times_out_on_a_silent_broker_and_works_when_it_answers_again() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let mut fixture = Fixture::on(stack.endpoints(), 1).await?;
    fixture.settings.publish_timeout = Duration::from_secs(2);
    let publisher = Publisher::connect(&fixture.settings)?;
    let message = |value: &str| [Message { key: "key".to_owned(), value: value.into() }];
    publisher.publish(&message("before"), &[]).await?;

    stack.kafka().pause()?;
    let error = soon(publisher.publish(&message("during"), &[])).await?.expect_err("no broker answers");
    assert_eq!(error.dependency.name, "kafka");
    stack.kafka().resume()?;
    soon(async { while publisher.publish(&message("after"), &[]).await.is_err() {} }).await?;

    let mut reader = fixture.reader_of(fixture.settings.destination_topic.as_deref().unwrap())?;
    let found = drain(&mut reader, 100).await?.concat();
    assert_eq!(found.last().and_then(|record| record.value.as_deref()), Some(b"after".as_slice()));
    reader.close().await;
    Ok(())
}

#[tokio::test]
async fn a_source_reports_an_outage_and_continues_after_it() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let fixture = Fixture::on(stack.endpoints(), 1).await?;
    fixture.produce(0, 5).await?;
    let loop_health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, Arc::clone(&loop_health))?;
    assert_eq!(drain(&mut source, 100).await?.concat().len(), 5);

    stack.kafka().kill().await?;
    let error = soon(source.next(100)).await?.expect_err("there is no broker");
    loop_health.set_waiting(Some(Waiting {
        dependency: error.dependency,
        error: error.error,
        attempts: 1,
        record: None,
    }));
    let reported = Instant::now();
    soon(source.next(100)).await?.expect_err("the broker is still stopped");
    assert!(reported.elapsed() > Duration::from_secs(1), "reported too often");

    stack.kafka().start().await?;
    soon(source.poll_while(async {
        while loop_health.waiting().is_some() {
            sleep(POLL_INTERVAL).await;
        }
    }))
    .await?;
    fixture.produce(0, 1).await?;
    let batch = soon(async {
        loop {
            if let Ok(batch) = source.next(100).await {
                break batch;
            }
        }
    })
    .await?;
    assert!(!batch.is_empty());
    stack.kafka().kill().await?;

    let closing = Instant::now();
    source.commit(&batch);
    source.close().await;
    assert!(closing.elapsed() < Duration::from_secs(10), "closing took {:?}", closing.elapsed());
    Ok(())
}
