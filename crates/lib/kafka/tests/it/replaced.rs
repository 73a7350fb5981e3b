//! Topics that are deleted and created again under the same name.

use std::sync::Arc;

use ::consumer::{LoopHealth, Message, Publisher as _, Record, Source as _};
use devstack::{Endpoints, Options, Stack, Topic};
use kafka::{Publisher, Settings, Source, Topics};

use crate::fixture::{Fixture, drain, offsets, soon};

/// Deletes the source topic and creates it again, with more records than it had before.
async fn replace(fixture: &Fixture, records: usize) -> anyhow::Result<()> {
    replace_on(devstack::shared().await?, fixture, records).await
}

async fn replace_on(stack: &Endpoints, fixture: &Fixture, records: usize) -> anyhow::Result<()> {
    let topic = fixture.settings.source_topic.as_str();
    stack.delete_topics(&[topic]).await?;
    stack.create_topics(&[Topic::data(topic, 1)]).await?;
    fixture.produce(0, records).await
}

/// A topic of 30 records, and a source that has read them and committed none.
async fn thirty_read() -> anyhow::Result<(Fixture, Source, Vec<Record>)> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 30).await?;
    let mut source = fixture.source()?;
    let batch = drain(&mut source, 100).await?.concat();
    assert_eq!(batch.len(), 30);
    Ok((fixture, source, batch))
}

/// A topic of 30 records that the group has read and committed, without a member.
async fn thirty_committed() -> anyhow::Result<(Fixture, String)> {
    let (fixture, mut source, batch) = thirty_read().await?;
    source.commit(&batch);
    source.close().await;
    let (offset, metadata) = fixture.committed_with_metadata(0).await?;
    assert_eq!(offset, Some(30));
    Ok((fixture, metadata))
}

/// Reads until the record with this offset is read.
async fn read_to(source: &mut Source, last: i64) -> anyhow::Result<Vec<Record>> {
    let mut records: Vec<Record> = Vec::new();
    let reading = async {
        while records.last().is_none_or(|record| record.offset < last) {
            if let Ok(batch) = source.next(100).await {
                source.commit(&batch);
                records.extend(batch);
            }
        }
        records
    };
    Ok(tokio::time::timeout(crate::fixture::SOON * 3, reading).await?)
}

#[tokio::test]
async fn a_replaced_topic_is_read_from_its_beginning() -> anyhow::Result<()> {
    let (fixture, mut source, batch) = thirty_read().await?;
    source.commit(&batch);

    soon(source.poll_while(replace(&fixture, 40))).await??;
    fixture.produce(0, 1).await?;
    let records = read_to(&mut source, 40).await?;
    let first = records.iter().position(|record| record.offset == 0).expect("the beginning of the new topic is read");
    assert_eq!(offsets(&records[first..]), (0..=40).collect::<Vec<_>>());
    source.close().await;
    assert_eq!(fixture.committed(0).await?, Some(41));
    Ok(())
}

/// Each restart of a broker raises the leader epochs of its partitions. Those of a new topic begin at 0. A client that
/// knows the higher epochs ignores the metadata of the new topic as outdated.
#[tokio::test]
async fn a_replaced_topic_with_lower_leader_epochs_is_read() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let fixture = Fixture::on(stack.endpoints(), 1).await?;
    fixture.produce(0, 30).await?;
    let mut source = fixture.source()?;
    let batch = drain(&mut source, 100).await?.concat();
    source.commit(&batch);
    for last in [30, 31] {
        let restart = async {
            stack.kafka().kill().await?;
            stack.kafka().start().await?;
            fixture.produce(0, 1).await
        };
        soon(source.poll_while(restart)).await??;
        read_to(&mut source, last).await?;
    }

    soon(source.poll_while(replace_on(stack.endpoints(), &fixture, 40))).await??;
    let records = read_to(&mut source, 39).await?;
    let first = records.iter().position(|record| record.offset == 0).expect("the beginning of the new topic is read");
    assert_eq!(offsets(&records[first..]), (0..40).collect::<Vec<_>>());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_batch_of_the_former_topic_is_not_committed() -> anyhow::Result<()> {
    let (fixture, mut source, batch) = thirty_read().await?;
    soon(source.poll_while(replace(&fixture, 40))).await??;
    let next = async {
        loop {
            if let Ok(batch) = source.next(10).await
                && batch[0].offset == 0
            {
                return batch;
            }
        }
    };
    let next = soon(next).await?;
    source.commit(&batch);
    source.close().await;
    assert_eq!(fixture.committed(0).await?.unwrap_or(0), 0, "{next:?} is not processed");
    Ok(())
}

#[tokio::test]
async fn a_topic_replaced_while_no_member_reads_is_read_from_its_beginning() -> anyhow::Result<()> {
    let (fixture, _) = thirty_committed().await?;
    replace(&fixture, 40).await?;
    let mut second = fixture.source()?;
    assert_eq!(offsets(&read_to(&mut second, 39).await?), (0..40).collect::<Vec<_>>());
    second.close().await;
    Ok(())
}

#[tokio::test]
async fn a_late_commit_for_the_former_topic_is_ignored() -> anyhow::Result<()> {
    let (fixture, metadata) = thirty_committed().await?;
    replace(&fixture, 40).await?;
    assert_eq!(fixture.committed(0).await?, None, "the broker deletes the offsets of a deleted topic");
    fixture.commit_with_metadata(0, 30, &metadata).await?;

    let mut second = fixture.source()?;
    // Reading begins at the committed offset. When the offset proves to be of the former topic, reading begins again at
    // 0.
    let mut records = Vec::new();
    while records.iter().all(|record: &Record| record.offset > 0) {
        records.extend(read_to(&mut second, 39).await?);
    }
    let begin = records.iter().position(|record| record.offset == 0).expect("the beginning of the new topic is read");
    assert_eq!(offsets(&records[begin..]), (0..40).collect::<Vec<_>>());
    second.close().await;
    assert_eq!(fixture.committed(0).await?, Some(40));
    Ok(())
}

#[tokio::test]
async fn an_offset_committed_by_a_tool_is_used() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 30).await?;
    fixture.commit_with_metadata(0, 20, "").await?;
    let mut source = fixture.source()?;
    assert_eq!(offsets(&read_to(&mut source, 29).await?), (20..30).collect::<Vec<_>>());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_deleted_topic_is_not_created_by_a_client() -> anyhow::Result<()> {
    let options = Options { auto_create_topics: true, ..Options::for_tests() };
    let stack = Stack::start(options).await?;
    let mut fixture = Fixture::on(stack.endpoints(), 1).await?;
    fixture.settings.publish_timeout = std::time::Duration::from_secs(3);
    fixture.produce(0, 3).await?;
    let destination = fixture.settings.destination_topic.clone().expect("a destination");
    let Settings { source_topic, dead_letter_topic, .. } = fixture.settings.clone();
    let publisher = Publisher::connect(&fixture.settings)?;
    let message = [Message { key: "key".to_owned(), value: "value".into() }];
    publisher.publish(&message, &[]).await?;
    let loop_health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, loop_health)?;
    let batch = drain(&mut source, 100).await?.concat();

    stack.endpoints().delete_topics(&[&source_topic, &destination, &dead_letter_topic]).await?;
    let letter = ::consumer::DeadLetter {
        record: batch[0].clone(),
        rejection: ::consumer::Rejection::new("not-json", "what is wrong"),
        failed_at: std::time::UNIX_EPOCH,
    };
    let failed = soon(publisher.publish(&message, &[])).await?.expect_err("the topic was deleted");
    assert!(failed.error.contains(&destination), "{failed:?}");
    let failed = soon(publisher.publish(&[], &[letter])).await?.expect_err("the topic was deleted");
    assert!(failed.error.contains(&dead_letter_topic), "{failed:?}");
    let mut replay = kafka::ReplayProducer::connect(&fixture.settings)?;
    assert!(soon(replay.send(&batch)).await?.is_err());
    let reading = tokio::time::timeout(std::time::Duration::from_secs(5), source.next(100)).await;
    assert!(!matches!(reading, Ok(Ok(_))), "{reading:?}");
    let topics = Topics::connect(&fixture.settings)?;
    for topic in [&source_topic, &destination, &dead_letter_topic] {
        let found = topics.describe(topic).await;
        assert!(matches!(found, Err(kafka::Error::NoTopic(_))), "{topic}: {found:?}");
    }
    source.close().await;
    Ok(())
}
