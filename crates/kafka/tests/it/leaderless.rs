//! Partitions without a leader: they are a stall, and no reason to replace a client.

use std::{future::pending, sync::Arc, time::Duration};

use kafka::{Publisher, Source};
use metrics_exporter_prometheus::PrometheusBuilder;
use pipeline::{DeadLetter, Publisher as _, Record, Rejection, Source as _, Stall, StallCause, Vitals};
use tokio::time::{sleep, timeout};

use crate::stage::{GLANCE, Stage, soon};

/// How long a stall may take to be named.
const NAMED: Duration = Duration::from_secs(60);

/// A client that is replaced is replaced within this time after its stall is named.
const REPLACED: Duration = Duration::from_secs(15);

/// Waits until there is a stall.
async fn named(vitals: &Vitals) -> Vec<Stall> {
    while vitals.stalls().is_empty() {
        sleep(GLANCE).await;
    }
    vitals.stalls()
}

#[tokio::test]
async fn a_partition_without_a_leader_is_a_stall_until_it_has_one() -> anyhow::Result<()> {
    let (cluster, stage) = Stage::mocked(2)?;
    let topic = &stage.settings.source_topic;
    stage.produce(0, 1).await?;
    cluster.partition_leader(topic, 1, None)?;
    let vitals = Arc::new(Vitals::default());
    let mut source = Source::connect(&stage.settings, Arc::clone(&vitals))?;
    assert_eq!(soon(source.next(100)).await??.len(), 1, "the other partition is read");

    let stalls = tokio::select! {
        stalls = timeout(NAMED, named(&vitals)) => stalls?,
        more = source.next(100) => anyhow::bail!("there is nothing to read: {more:?}"),
    };
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::ConsumerLost, &stage.settings.group_id));
    assert!(stalls[0].error.contains(&format!("partition 1 of {topic} has no leader")), "{stalls:?}");

    cluster.partition_leader(topic, 1, Some(1))?;
    let gone = async {
        while !vitals.stalls().is_empty() {
            sleep(GLANCE).await;
        }
    };
    timeout(NAMED, source.keep(gone)).await?;
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_topic_without_a_leader_is_named_and_the_producer_is_not_replaced() -> anyhow::Result<()> {
    let (cluster, stage) = Stage::mocked(1)?;
    let topic = &stage.settings.dead_letter_topic;
    cluster.partition_leader(topic, 0, None)?;
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let vitals = Arc::new(Vitals::default());
    let publisher = Publisher::connect(&stage.settings)?.reporting_to(Arc::clone(&vitals));
    let letters = [letter()];
    let publishing = async {
        loop {
            let _whatever = publisher.publish(&[], &letters).await;
        }
    };
    let stalls = async {
        let stalls = timeout(NAMED, named(&vitals)).await;
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
    };
    DeadLetter { record, rejection: Rejection::new("not-json", "what is wrong"), failed_at: std::time::UNIX_EPOCH }
}
