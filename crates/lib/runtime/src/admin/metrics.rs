//! The metrics: what each one means, its buckets, and the page Prometheus reads.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge};
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

/// The help texts of the shell's own metrics. A metric that nobody describes still appears, only without one.
fn describe() {
    describe_gauge!("tagmill_ready", Unit::Count, "1 if the service makes progress, 0 if /ready says why it does not");
    describe_counter!("tagmill_dependency_errors_total", Unit::Count, "Failed attempts to reach a dependency");
}
