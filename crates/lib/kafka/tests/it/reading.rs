//! Reading: batches of available records, batches up to the end offsets, and no lost records.

use std::time::Duration;

use ::consumer::Source as _;
use kafka::Reader;
use tokio::time::{sleep, timeout};

use crate::{
    fixture::{Fixture, drain, offsets, soon},
    foreign,
};

#[tokio::test]
async fn batches_are_limited_in_size_and_records_keep_their_order() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 250).await?;
    let mut source = fixture.source()?;
    let mut seen = Vec::new();
    while seen.len() < 250 {
        let batch = soon(source.next(100)).await??;
        assert!((1..=100).contains(&batch.len()), "{} records", batch.len());
        seen.extend(offsets(&batch));
    }
    assert_eq!(seen, (0..250).collect::<Vec<_>>());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn batches_of_a_tick_are_full_and_end_at_the_end_offset() -> anyhow::Result<()> {
    let fixture = Fixture::with(3).await?;
    for partition in 0..3 {
        fixture.produce(partition, 70).await?;
    }
    let mut source = fixture.source()?;
    let sizes: Vec<_> = drain(&mut source, 100).await?.iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 100, 10]);
    assert!(drain(&mut source, 100).await?.is_empty());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn an_end_reported_before_the_snapshot_does_not_count() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let mut source = fixture.source()?;
    for _ in 0..3 {
        fixture.produce(0, 5).await?;
        assert_eq!(drain(&mut source, 100).await?.concat().len(), 5);
        // The broker holds a fetch for half a second before it reports the end. The source is not polled meanwhile, so
        // there is no condition to wait for.
        sleep(Duration::from_millis(700)).await;
    }
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn offsets_of_transaction_markers_are_not_waited_for() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_in_transaction(0, 5).await?;
    let mut source = fixture.source()?;
    assert_eq!(drain(&mut source, 100).await?.concat().len(), 5);
    assert!(drain(&mut source, 100).await?.is_empty());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_cancelled_read_loses_no_record() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 500).await?;
    let mut source = fixture.source()?;
    source.snapshot_end_offsets().await?;
    let mut seen = Vec::new();
    while seen.len() < 500 {
        // A batch of 64 sometimes takes longer than this.
        if let Ok(batch) = timeout(Duration::from_micros(200), source.next_until_end(64)).await {
            seen.extend(offsets(&batch?));
        }
    }
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_batch_is_limited_by_bytes() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_large(0, 12, 900_000).await?;
    let mut source = fixture.source()?;
    let batches = drain(&mut source, 100).await?;
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [2; 6], "the second makes 1 MiB full");
    assert_eq!(offsets(&batches.concat()), (0..12).collect::<Vec<_>>());
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn an_unreadable_header_is_left_out() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let headers: [(&[u8], &[u8]); 3] = [(b"trace", b"1"), (b"\xff\xfe", b"2"), (b"span", b"\xff")];
    foreign::produce(&fixture.settings.bootstrap_servers, &fixture.settings.source_topic, b"value", &headers).await?;
    let readable = [("trace".to_owned(), Some(b"1".to_vec())), ("span".to_owned(), Some(b"\xff".to_vec()))];

    let mut source = fixture.source()?;
    let records = drain(&mut source, 100).await?.concat();
    source.close().await;
    let mut reader = Reader::open(&fixture.settings, &fixture.settings.source_topic).await?;
    let read_once = soon(reader.next()).await??;
    for record in [records.first(), read_once.as_ref()] {
        let record = record.expect("a record that cannot be read in full is one");
        assert_eq!((record.value.as_deref(), &*record.headers), (Some(&b"value"[..]), &readable[..]));
    }
    Ok(())
}
