//! Partitions without a leader are a stall, and no reason to replace a client.

use std::{future::pending, sync::Arc, time::Duration};

use ::consumer::{DeadLetter, LoopHealth, Publisher as _, Record, Rejection, Source as _, Stall, StallCause};
use kafka::{Publisher, Source};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::{sleep, timeout};

use crate::fixture::{Fixture, POLL_INTERVAL, soon};

/// How long it may take to report a stall.
const NAMED: Duration = Duration::from_secs(60);

/// A replacement of the client would happen within this time after the stall is reported.
const REPLACED: Duration = Duration::from_secs(15);

/// Waits until there is a stall.
async fn named(loop_health: &LoopHealth) -> Vec<Stall> {
    while loop_health.stalls().is_empty() {
        sleep(POLL_INTERVAL).await;
    }
    loop_health.stalls()
}

#[tokio::test]
async fn a_partition_without_a_leader_is_a_stall_until_it_has_one() -> anyhow::Result<()> {
    let (cluster, fixture) = Fixture::mocked(2)?;
    let topic = &fixture.settings.source_topic;
    fixture.produce(0, 1).await?;
    cluster.partition_leader(topic, 1, None)?;
    let loop_health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, Arc::clone(&loop_health))?;
    assert_eq!(soon(source.next(100)).await??.len(), 1, "the other partition is read");

    let stalls = tokio::select! {
        stalls = timeout(NAMED, named(&loop_health)) => stalls?,
        more = source.next(100) => anyhow::bail!("there is nothing to read: {more:?}"),
    };
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::ConsumerLost, &fixture.settings.group_id));
    assert!(stalls[0].error.contains(&format!("partition 1 of {topic} has no leader")), "{stalls:?}");

    cluster.partition_leader(topic, 1, Some(1))?;
    let gone = async {
        while !loop_health.stalls().is_empty() {
            sleep(POLL_INTERVAL).await;
        }
    };
    timeout(NAMED, source.poll_while(gone)).await?;
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_topic_without_a_leader_is_reported_and_the_producer_is_not_replaced() -> anyhow::Result<()> {
    let (cluster, fixture) = Fixture::mocked(1)?;
    let topic = &fixture.settings.dead_letter_topic;
    cluster.partition_leader(topic, 0, None)?;
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let loop_health = Arc::new(LoopHealth::default());
    let publisher = Publisher::connect(&fixture.settings)?.reporting_to(Arc::clone(&loop_health));
    let letters = [letter()];
    let publishing = async {
        loop {
            let _whatever = publisher.publish(&[], &letters).await;
        }
    };
    let stalls = async {
        let stalls = timeout(NAMED, named(&loop_health)).await;
        let _longer = timeout(REPLACED, pending::<()>()).await;
        stalls
    };
    let stalls = tokio::select! {
        stalls = stalls => stalls?,
        () = publishing => Vec::new(),
    };
    assert_eq!(stalls[0].cause, StallCause::ProducerLost);
    assert!(stalls[0].error.contains(&format!("partition 0 of {topic} has no leader")), "{stalls:?}");
    let replaced = "tagmill_client_replacements_total{client=\"producer\"} 0\n";
    assert!(page.render().contains(replaced), "{}", page.render());
    Ok(())
}

fn letter() -> DeadLetter {
    let record = Record {
        topic: "source".into(),
        partition: 0,
        offset: 0,
        timestamp: None,
        key: None,
        value: None,
        headers: Vec::new(),
        unread: None,
    };
    DeadLetter { record, rejection: Rejection::new("not-json", "what is wrong"), failed_at: std::time::UNIX_EPOCH }
}
