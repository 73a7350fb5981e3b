//! Reading a whole topic while a group reads it.

use ::consumer::Record;
use kafka::{Error, Reader};

use crate::fixture::{Fixture, offsets, soon};

async fn read(reader: &mut Reader) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    while let Some(record) = soon(reader.next()).await?? {
        records.push(record);
    }
    Ok(records)
}

#[tokio::test]
async fn a_reader_reads_each_partition_and_commits_nothing() -> anyhow::Result<()> {
    let fixture = Fixture::with(3).await?;
    fixture.produce(2, 3).await?;
    fixture.produce(0, 2).await?;
    let mut reader = Reader::open(&fixture.settings, &fixture.settings.source_topic).await?;
    let records = read(&mut reader).await?;
    let partitions: Vec<_> = records.iter().map(|record| record.partition).collect();
    assert_eq!((partitions, offsets(&records)), (vec![0, 0, 2, 2, 2], vec![0, 1, 0, 1, 2]));
    drop(reader);
    assert_eq!((fixture.committed(0).await?, fixture.committed(2).await?), (None, None));
    Ok(())
}

#[tokio::test]
async fn a_reader_ends_at_the_end_offsets_of_its_start() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 2).await?;
    let mut reader = Reader::open(&fixture.settings, &fixture.settings.source_topic).await?;
    fixture.produce(0, 2).await?;
    assert_eq!(offsets(&read(&mut reader).await?), [0, 1]);
    Ok(())
}

#[tokio::test]
async fn a_reader_ends_before_a_transaction_marker() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_in_transaction(0, 2).await?;
    let mut reader = Reader::open(&fixture.settings, &fixture.settings.source_topic).await?;
    assert_eq!(offsets(&read(&mut reader).await?), [0, 1]);
    Ok(())
}

#[tokio::test]
async fn one_record_is_found_by_its_partition_and_offset() -> anyhow::Result<()> {
    let fixture = Fixture::with(2).await?;
    fixture.produce(1, 3).await?;
    fixture.produce_in_transaction(0, 2).await?;
    let found = async |partition, offset| {
        let found = soon(Reader::find(&fixture.settings, &fixture.settings.source_topic, partition, offset)).await??;
        anyhow::Ok(found.map(|record| (record.partition, record.offset, record.value)))
    };
    assert_eq!(found(1, 1).await?, Some((1, 1, Some(b"1".to_vec()))));
    assert_eq!(found(0, 1).await?, Some((0, 1, Some(b"1".to_vec()))));
    // The third offset of partition 0 is a transaction marker.
    for (partition, offset) in [(0, 2), (1, 3), (1, -1), (2, 0), (-1, 0), (i32::MAX, i64::MAX)] {
        assert_eq!(found(partition, offset).await?, None, "{partition}/{offset}");
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_topic_is_named() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let outcome = Reader::open(&fixture.settings, "nowhere").await.err();
    assert!(matches!(&outcome, Some(Error::NoTopic(topic)) if topic == "nowhere"), "{outcome:?}");
    Ok(())
}
