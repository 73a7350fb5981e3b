//! Metrics of the process: the Prometheus exporter, histogram buckets, help texts.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Histogram buckets for times inside a batch and between two systems: from a fast batch (5 ms) to a long outage.
const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 300.0, 1800.0, 7200.0, 86_400.0];

/// Interval at which histograms are aggregated. Without it, samples accumulate in memory while nothing scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the exporter of all metrics of the process, including those of libraries. Each has the label `service`.
pub(crate) fn install(service: &str) -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .add_global_label("service", service)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?;
    describe();
    http::describe_metrics();
    let page = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            page.run_upkeep();
        }
    });
    Ok(handle)
}

/// Describes the shell's own metrics. A metric without a description is exported without a help text.
fn describe() {
    describe_gauge!("tagmill_ready", Unit::Count, "1 if the service makes progress, 0 if not; /ready has the reasons");
    describe_counter!("tagmill_dependency_errors_total", Unit::Count, "Failed attempts to reach a dependency");
}
