//! The metrics: what each one means, its buckets, and the page Prometheus reads.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// From a fast batch (5 ms) to an outage waited out: time inside a batch and between two systems.
const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 300.0, 1800.0, 7200.0, 86_400.0];

/// How often histograms are folded when nobody scrapes; without it their samples pile up in memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// Makes all metrics of the process, those of libraries included, readable; each carries the label `service`.
pub(crate) fn install(service: &str) -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .add_global_label("service", service)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?;
    describe();
    let page = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            page.run_upkeep();
        }
    });
    Ok(handle)
}

/// The page, with the time since the last commit as it is now.
pub(crate) fn page(handle: &PrometheusHandle, since_commit: Duration) -> String {
    metrics::gauge!("tagmill_seconds_since_last_commit").set(since_commit.as_secs_f64());
    handle.render()
}

/// The help texts; a metric that is not described here still appears, only without one.
fn describe() {
    use Unit::{Count, Seconds};
    describe_counter!("tagmill_records_total", Count, "Records read, by what became of them");
    describe_counter!("tagmill_batches_total", Count, "Microbatches stored, published and committed");
    describe_counter!("tagmill_skipped_total", Count, "Records that are none of our business, by kind");
    describe_counter!("tagmill_dead_letters_total", Count, "Records that went to the dead-letter topic, by reason");
    describe_counter!("tagmill_outages_total", Count, "Failed attempts to reach a dependency");
    describe_gauge!("tagmill_consumer_lag", Count, "Records of a partition behind the committed offset");
    describe_gauge!("tagmill_assigned_partitions", Count, "Partitions of the source topic that this process reads");
    describe_gauge!("tagmill_parked_orders", Count, "Orders that wait for a name");
    describe_gauge!(
        "tagmill_seconds_since_last_commit",
        Seconds,
        "Seconds since a batch was committed, or since the start"
    );
    describe_histogram!("tagmill_batch_seconds", Seconds, "From the first byte of a batch decoded to its commit");
    describe_histogram!(
        "tagmill_sent_to_stored_seconds",
        Seconds,
        "From a record written to the source topic to its commit"
    );
}
