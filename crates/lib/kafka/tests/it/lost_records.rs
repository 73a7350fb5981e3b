//! Lost records: records that are deleted while earlier ones are queued in the client are counted.

use std::time::Duration;

use ::consumer::Source as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::sleep;

use crate::fixture::{Fixture, offsets, soon};

/// More records than the client prefetches.
const RECORDS: usize = 4000;

/// How long the client may take to prefetch.
const AHEAD: Duration = Duration::from_secs(2);

/// The log start after the deletion, behind the prefetched records.
const LOG_START: i64 = 3900;

#[tokio::test]
async fn records_that_are_deleted_while_others_are_queued_are_counted() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_large(0, RECORDS, 1000).await?;
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let mut source = fixture.source()?;
    let mut read = soon(source.next_full(10)).await??;
    sleep(AHEAD).await;
    fixture.delete_before(0, LOG_START).await?;
    // The client fetches again, and notices the deletion, while most prefetched records are still queued.
    read.extend(soon(source.next_full(1500)).await??);
    sleep(AHEAD).await;
    while read.last().is_none_or(|record| record.offset < 3999) {
        read.extend(soon(source.next(100)).await??);
    }
    let read = offsets(&read);
    let (before, after) = read.split_at(read.partition_point(|&offset| offset < LOG_START));
    assert!(before.len() > 1000, "{} records were prefetched", before.len());
    assert_eq!(after, (LOG_START..4000).collect::<Vec<_>>());
    let (topic, lost) = (&fixture.settings.source_topic, LOG_START - i64::try_from(before.len())?);
    let lost = format!("tagmill_records_lost_total{{topic=\"{topic}\",partition=\"0\"}} {lost}\n");
    assert!(page.render().contains(&lost), "{lost} {}", page.render());
    source.close().await;
    Ok(())
}
