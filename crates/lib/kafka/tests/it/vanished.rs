//! Deleted topics, and partitions that are lost or added, while a source runs.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Message, Publisher as _, Source as _, StallCause};
use devstack::{Options, Stack, Topic};
use kafka::{Publisher, Source};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewPartitions},
    client::DefaultClientContext,
};
use tokio::time::{Instant, sleep, timeout};

use crate::fixture::{Fixture, POLL_INTERVAL, drain, soon};

/// How long a change of the cluster may take to be noticed; with the client's defaults it takes minutes.
const NOTICED: Duration = Duration::from_secs(60);

fn admin(fixture: &Fixture) -> anyhow::Result<AdminClient<DefaultClientContext>> {
    Ok(ClientConfig::new().set("bootstrap.servers", &fixture.settings.bootstrap_servers).create()?)
}

fn missing(loop_health: &LoopHealth) -> BTreeSet<String> {
    let stalls = loop_health.stalls().into_iter();
    stalls.filter(|stall| stall.cause == StallCause::TopicMissing).map(|stall| stall.subject).collect()
}

/// Keeps the source in its group until the condition is true.
async fn until(source: &mut Source, holds: impl Fn() -> bool) -> anyhow::Result<()> {
    let waiting = async {
        while !holds() {
            sleep(POLL_INTERVAL).await;
        }
    };
    Ok(timeout(NOTICED, source.poll_while(waiting)).await?)
}

#[tokio::test]
async fn deleted_topics_are_named_until_they_exist_again() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let loop_health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, Arc::clone(&loop_health))?;
    drain(&mut source, 100).await?;

    let settings = &fixture.settings;
    let names = [&settings.source_topic, settings.destination_topic.as_ref().unwrap(), &settings.dead_letter_topic];
    let admin = admin(&fixture)?;
    for deleted in admin.delete_topics(&names.map(String::as_str), &AdminOptions::new()).await? {
        deleted.map_err(|(topic, code)| anyhow::anyhow!("{topic}: {code}"))?;
    }
    let all: BTreeSet<_> = names.into_iter().cloned().collect();
    until(&mut source, || missing(&loop_health) == all).await?;

    // Statistics of brokers that are up arrive every five seconds, and do not end the stall.
    let holds = async {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(16) {
            assert_eq!(missing(&loop_health), all);
            sleep(POLL_INTERVAL).await;
        }
    };
    source.poll_while(holds).await;

    let again: Vec<_> = names.into_iter().map(|name| Topic::data(name, 1)).collect();
    devstack::shared().await?.create_topics(&again).await?;
    until(&mut source, || missing(&loop_health).is_empty()).await?;
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn lost_partitions_are_not_assigned_until_the_rebalance_is_complete() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let mut fixture = Fixture::on(stack.endpoints(), 1).await?;
    fixture.settings.session_timeout = Duration::from_secs(6);
    let loop_health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, Arc::clone(&loop_health))?;
    drain(&mut source, 100).await?;
    assert_eq!(loop_health.partitions(), Some(1));

    stack.kafka().kill().await?;
    until(&mut source, || loop_health.partitions().is_none()).await?;
    soon(source.poll_while(stack.kafka().start())).await??;
    until(&mut source, || loop_health.partitions() == Some(1)).await?;
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn added_partitions_are_read_and_written_within_a_minute() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let mut source = fixture.source()?;
    drain(&mut source, 100).await?;
    let publisher = Publisher::connect(&fixture.settings)?;
    publish(&publisher, 0).await?;

    let destination = fixture.settings.destination_topic.as_deref().unwrap();
    let more = [NewPartitions::new(&fixture.settings.source_topic, 3), NewPartitions::new(destination, 3)];
    for added in admin(&fixture)?.create_partitions(&more, &AdminOptions::new()).await? {
        added.map_err(|(topic, code)| anyhow::anyhow!("{topic}: {code}"))?;
    }
    let added = Instant::now();
    fixture.produce(2, 1).await?;
    let batch = timeout(NOTICED, source.next(100)).await??;
    assert_eq!(batch[0].partition, 2);
    println!("read after {:?}", added.elapsed());
    source.close().await;

    let mut reader = fixture.reader_of(destination)?;
    let written = async {
        for number in 1.. {
            publish(&publisher, number).await?;
            let records = drain(&mut reader, 100).await?.concat();
            if records.iter().any(|record| record.partition > 0) {
                break;
            }
        }
        anyhow::Ok(())
    };
    timeout(NOTICED, written).await??;
    println!("written after {:?}", added.elapsed());
    reader.close().await;
    Ok(())
}

async fn publish(publisher: &Publisher, number: u32) -> anyhow::Result<()> {
    Ok(publisher.publish(&[Message { key: number.to_string(), value: b"x".as_slice().into() }], &[]).await?)
}
