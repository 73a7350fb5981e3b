//! The metrics: what each one means, its buckets, and the page Prometheus reads.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use consumer::{LoopHealth, StallCause, Step};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::admin::readiness::Readiness;

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

/// What a service can wait for. Those that are there say 0, so that an alert sees a difference and not a gap.
const DEPENDENCIES: [&str; 3] = ["kafka", "postgres", "redis"];

/// The page, with the state of the loop at `now`.
pub(crate) fn page(handle: &PrometheusHandle, loop_health: &LoopHealth, now: SystemTime) -> String {
    let yes = |is: bool| f64::from(u8::from(is));
    metrics::gauge!("tagmill_ready").set(yes(Readiness::of(loop_health).ready));
    metrics::gauge!("tagmill_last_commit_timestamp_seconds").set(unix_time(now, loop_health.since_commit()));
    metrics::gauge!("tagmill_loop_heartbeat_timestamp_seconds").set(unix_time(now, loop_health.since_heartbeat()));
    let (present, lasted) = loop_health.step();
    for step in Step::ALL {
        let seconds = if step == present { lasted.as_secs_f64() } else { 0.0 };
        metrics::gauge!("tagmill_step_seconds", "step" => step.name()).set(seconds);
    }
    let waiting = loop_health.waiting();
    for dependency in DEPENDENCIES {
        let attempts = waiting.as_ref().filter(|waiting| waiting.dependency == dependency).map(|it| it.attempts);
        metrics::gauge!("tagmill_dependency_waiting", "dependency" => dependency).set(yes(attempts.is_some()));
        metrics::gauge!("tagmill_dependency_attempts", "dependency" => dependency).set(attempts.unwrap_or(0));
    }
    metrics::gauge!("tagmill_stuck_records").set(yes(waiting.is_some_and(|waiting| waiting.record.is_some())));
    metrics::gauge!("tagmill_background_deferred").set(yes(loop_health.deferred().is_some()));
    let stalls = loop_health.stalls();
    for cause in StallCause::ALL {
        let count = stalls.iter().filter(|stall| stall.cause == cause).count();
        metrics::gauge!("tagmill_stalls", "cause" => cause.name()).set(u32::try_from(count).unwrap_or(u32::MAX));
    }
    handle.render()
}

/// The Unix time `ago` before `now`, in seconds.
fn unix_time(now: SystemTime, ago: Duration) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(ago).as_secs_f64()
}

/// The help texts; a metric that is not described here still appears, only without one.
fn describe() {
    use Unit::{Count, Seconds};
    describe_counter!("tagmill_records_total", Count, "Records read, by what became of them");
    describe_counter!("tagmill_batches_total", Count, "Microbatches stored, published and committed");
    describe_counter!("tagmill_skipped_total", Count, "Skipped records that are not messages of this service, by kind");
    describe_counter!("tagmill_dead_letters_total", Count, "Records that went to the dead-letter topic, by reason");
    describe_counter!("tagmill_dependency_errors_total", Count, "Failed attempts to reach a dependency");
    describe_counter!(
        "tagmill_client_replacements_total",
        Count,
        "Kafka consumers and producers that did not find the brokers again, or failed permanently, and were replaced"
    );
    describe_gauge!("tagmill_consumer_lag", Count, "Records of a partition behind the committed offset");
    describe_gauge!(
        "tagmill_high_watermark_lag",
        Count,
        "Records of a partition behind the committed offset, those behind an open transaction included"
    );
    describe_counter!("tagmill_consumer_errors_total", Count, "Errors of the Kafka client while it reads, by code");
    describe_counter!(
        "tagmill_records_lost_total",
        Count,
        "Records of the source topic that were deleted before they were read"
    );
    describe_counter!(
        "tagmill_topic_replacements_total",
        Count,
        "Source topics that were deleted and created again under the same name"
    );
    describe_gauge!("tagmill_assigned_partitions", Count, "Partitions of the source topic that this process reads");
    describe_gauge!(
        "tagmill_rebuild_phase",
        Count,
        "0 no rebuild, 1 reading the topic again, 2 telling what came of it"
    );
    describe_gauge!(
        "tagmill_rebuild_remaining_records",
        Count,
        "Records a rebuild has yet to read before anything is told"
    );
    describe_gauge!(
        "tagmill_parked_orders",
        Count,
        "Orders that wait, each counted once, by what for; every replica says the same: compare (max), do not add up"
    );
    describe_gauge!(
        "tagmill_oldest_parked_order_timestamp_seconds",
        Seconds,
        "Unix time since which the oldest parked order waits, by what for; 0 if none waits"
    );
    describe_gauge!("tagmill_reference_misses", Count, "Different names that parked orders wait for, by kind");
    describe_gauge!(
        "tagmill_last_commit_timestamp_seconds",
        Seconds,
        "Unix time of the last commit of a batch, or of the start"
    );
    describe_gauge!("tagmill_ready", Count, "1 if the service gets on, 0 if /ready says why it does not");
    describe_gauge!(
        "tagmill_loop_heartbeat_timestamp_seconds",
        Seconds,
        "Unix time of the last heartbeat of the loop; a loop that waits has one, a loop that hangs has none"
    );
    describe_gauge!("tagmill_step_seconds", Seconds, "Seconds in the present step of the loop; 0 for all other steps");
    describe_gauge!("tagmill_dependency_waiting", Count, "1 if the loop waits for this dependency");
    describe_gauge!("tagmill_dependency_attempts", Count, "Failed attempts in a row at what is waited for");
    describe_gauge!("tagmill_stuck_records", Count, "1 if one record cannot be stored and holds up all behind it");
    describe_gauge!(
        "tagmill_background_deferred",
        Count,
        "1 if parked orders or a rebuild cannot be taken up while records go on"
    );
    describe_gauge!(
        "tagmill_stalls",
        Count,
        "Topics, partitions or clients that make no progress, by cause; /ready and the log name each"
    );
    describe_counter!("tagmill_name_lookups_total", Count, "Names looked up, by what was found");
    describe_counter!("tagmill_tag_changes_total", Count, "Tags assigned and revoked");
    describe_gauge!(
        "tagmill_tag_rules_pending",
        Count,
        "Rules that have changed and are not applied to every user yet"
    );
    describe_gauge!(
        "tagmill_summary_age_seconds",
        Seconds,
        "How long the oldest change that is not in the figures has waited; 0 if none waits"
    );
    describe_gauge!(
        "tagmill_summary_refresh_seconds",
        Seconds,
        "How long this process last took to refresh the summary"
    );
    describe_counter!("tagmill_summary_failures_total", Count, "Refreshes of the summary that failed");
    describe_counter!("tagmill_api_failures_total", Count, "Questions to the tag API that the database did not answer");
    describe_counter!(
        "tagmill_api_unauthorized_total",
        Count,
        "Requests to the tag API or the dashboard refused with 401, by reason: missing or wrong token"
    );
    describe_histogram!("tagmill_batch_seconds", Seconds, "From the first byte of a batch decoded to its commit");
    describe_histogram!(
        "tagmill_end_to_end_latency_seconds",
        Seconds,
        "From a record written to the source topic to its commit"
    );
}
