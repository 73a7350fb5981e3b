//! Tests of batches and records that would take more memory than the source may use: they are skipped before they are
//! unpacked, in any codec.

use std::sync::Arc;

use ::consumer::{LoopHealth, Record, Source as _, StallCause};
use devstack::Topic;
use kafka::{Settings, Source, Topics};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};

use crate::fixture::{Fixture, SOON, drain, offsets, soon};

/// What a received batch may take in these tests. A record may take an eighth.
const LIMIT: usize = 2 << 20;

/// A batch of ten records of 300 KB between two small ones.
const LARGE: usize = 10;

async fn fixture(codec: &str) -> anyhow::Result<Fixture> {
    let fixture = Fixture::with(1).await?;
    fill(&fixture, codec).await?;
    Ok(fixture)
}

/// A topic whose batches the broker unpacks, with a maximum size of a batch.
async fn unpacking_fixture(max_bytes: &'static str) -> anyhow::Result<Fixture> {
    let mut fixture = Fixture::with(1).await?;
    let stack = devstack::shared().await?;
    let topic = stack.fresh_name("unpacked").await?;
    let settings = Topic::data(&topic, 1).with("compression.type", "uncompressed").with("max.message.bytes", max_bytes);
    stack.create_topics(&[settings]).await?;
    fixture.settings.source_topic = topic;
    Ok(fixture)
}

async fn fill(fixture: &Fixture, codec: &str) -> anyhow::Result<()> {
    fixture.produce(0, 1).await?;
    let mut config = fixture.config();
    config.set("compression.type", codec).set("linger.ms", "500");
    config.set("message.max.bytes", "10000000").set("batch.size", if codec == "none" { "400000" } else { "10000000" });
    let producer: FutureProducer = config.create()?;
    fixture.produce_values(&producer, 0, vec!["x".repeat(300_000); LARGE]).await?;
    fixture.produce(0, 1).await
}

async fn read(fixture: Fixture, fetch_bytes: usize) -> anyhow::Result<Vec<Record>> {
    let fixture = Fixture { settings: Settings { fetch_bytes, ..fixture.settings } };
    let mut source = fixture.source()?;
    let records = drain(&mut source, 100).await?.concat();
    source.close().await;
    assert_eq!(offsets(&records), (0..12).collect::<Vec<_>>());
    Ok(records)
}

#[tokio::test]
async fn a_batch_over_the_limit_is_skipped_before_decompression() -> anyhow::Result<()> {
    for codec in ["gzip", "snappy", "lz4", "zstd", "none"] {
        let records = read(fixture(codec).await?, LIMIT).await?;
        let unread: Vec<i64> =
            records.iter().filter(|record| record.unread.is_some()).map(|record| record.offset).collect();
        assert_eq!(unread, (1..11).collect::<Vec<_>>(), "{codec}");
        for record in &records[1..11] {
            let unread = record.unread.expect("it is unread");
            assert_eq!(
                (unread.first_offset, &record.value, record.headers.len()),
                (record.offset, &None, 0),
                "{codec}"
            );
            let bytes = if codec == "none" { 300_000..310_000 } else { LIMIT as u64 + 1..5_000_000 };
            assert!(bytes.contains(&unread.bytes), "{codec}: {unread:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_batch_within_the_limit_is_read_in_any_codec() -> anyhow::Result<()> {
    for codec in ["gzip", "snappy", "lz4", "zstd", "none"] {
        let records = read(fixture(codec).await?, 8 << 20).await?;
        let sizes: Vec<usize> = records.iter().map(|record| record.value.as_ref().map_or(0, Vec::len)).collect();
        assert_eq!(sizes[1..11], [300_000; LARGE], "{codec}");
        assert!(records.iter().all(|record| record.unread.is_none()), "{codec}");
    }
    Ok(())
}

#[tokio::test]
async fn a_record_counts_with_what_its_headers_cost_in_memory() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let producer: FutureProducer = fixture.config().create()?;
    for count in [100, 5_000] {
        let headers = (0..count).fold(OwnedHeaders::new_with_capacity(count), |headers, number| {
            headers.insert(Header { key: &format!("h{number}"), value: Some("v") })
        });
        let record = FutureRecord::<str, str>::to(&fixture.settings.source_topic).payload("x").headers(headers);
        producer.send(record, SOON).await.map_err(|(error, _)| error)?;
    }
    let fixture = Fixture { settings: Settings { fetch_bytes: LIMIT, ..fixture.settings } };
    let mut source = fixture.source()?;
    let records = drain(&mut source, 100).await?.concat();
    source.close().await;
    // The text of the headers is some 50 KB, a fifth of what a record may take.
    let unread: Vec<bool> = records.iter().map(|record| record.unread.is_some()).collect();
    assert_eq!(unread, [false, true]);
    Ok(())
}

/// A batch that is not compressed and takes more than a batch may, on a topic that allows it: of one record.
async fn uncompressed(bytes: usize) -> anyhow::Result<Fixture> {
    let fixture = unpacking_fixture("8000000").await?;
    fixture.produce(0, 1).await?;
    let producer: FutureProducer = fixture.config().set("message.max.bytes", "10000000").create()?;
    fixture.produce_values(&producer, 0, vec!["x".repeat(bytes)]).await?;
    fixture.produce(0, 1).await?;
    Ok(Fixture { settings: Settings { fetch_bytes: LIMIT, ..fixture.settings } })
}

#[tokio::test]
async fn an_uncompressed_batch_over_the_limit_is_received_and_skipped() -> anyhow::Result<()> {
    let mut source = uncompressed(LIMIT + LIMIT / 3).await?.source()?;
    let records = drain(&mut source, 100).await?.concat();
    source.close().await;
    let unread: Vec<bool> = records.iter().map(|record| record.unread.is_some()).collect();
    assert_eq!((offsets(&records), unread), (vec![0, 1, 2], vec![false, true, false]));
    Ok(())
}

#[tokio::test]
async fn a_batch_that_cannot_be_received_is_named_with_the_remedy() -> anyhow::Result<()> {
    let fixture = uncompressed(LIMIT * 2).await?;
    let health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, Arc::clone(&health))?;
    let named = async {
        loop {
            // The records before it, then the outage of a connection that is closed.
            let _either = source.next(100).await;
            let stalls = health.stalls();
            if let Some(stall) = stalls.into_iter().find(|stall| stall.cause == StallCause::PartitionError) {
                return stall;
            }
        }
    };
    let stall = soon(named).await?;
    for part in [&fixture.settings.source_topic, "Invalid response size 4194", "raise MEMORY_LIMIT"] {
        assert!(format!("{stall:?}").contains(part), "{stall:?}");
    }
    source.close().await;
    let findings = Topics::connect(&fixture.settings)?.check().await?;
    assert!(findings[0].text.contains("max.message.bytes is 8000000: a batch above 3145728 stops"), "{findings:?}");
    Ok(())
}

/// The broker has unpacked the batch, or it could not refuse the one of the next test.
#[tokio::test]
async fn a_batch_that_the_broker_has_unpacked_is_read() -> anyhow::Result<()> {
    let fixture = unpacking_fixture("4000000").await?;
    fill(&fixture, "gzip").await?;
    let records = read(fixture, 8 << 20).await?;
    let sizes: Vec<usize> = records.iter().map(|record| record.value.as_ref().map_or(0, Vec::len)).collect();
    assert_eq!(sizes[1..11], [300_000; LARGE]);
    assert!(records.iter().all(|record| record.unread.is_none()));
    Ok(())
}

#[tokio::test]
async fn a_batch_that_is_too_large_unpacked_is_refused_by_the_broker_that_unpacks() -> anyhow::Result<()> {
    let refused = fill(&unpacking_fixture("1048576").await?, "gzip").await;
    let error = format!("{:#}", refused.expect_err("the broker has taken the batch"));
    assert!(error.contains("Message size too large"), "{error}");
    Ok(())
}
