//! The metrics of the service: `tagmill_segments_*`.

use consumer::Failure;
use metrics::{Unit, counter, describe_counter};

/// Sets the help texts.
pub(crate) fn describe() {
    describe_counter!(
        "tagmill_segments_request_failures_total",
        Unit::Count,
        "Requests that failed because the database did not answer or was too busy"
    );
    describe_counter!(
        "tagmill_segments_refused_total",
        Unit::Count,
        "Requests refused, by reason: no key, a wrong one, a role that does not suffice"
    );
    describe_counter!("tagmill_segments_expired_total", Unit::Count, "Memberships closed because their time was over");
    counter!("tagmill_segments_request_failures_total").increment(0);
    counter!("tagmill_segments_expired_total").increment(0);
    schedule::describe_metrics();
    http::describe_metrics();
}

/// A request that failed because the database did not answer or was too busy. The log has the error, the client not.
pub(crate) fn request_failed(failure: Failure) {
    let error = failure.into_dependency_error(database::POSTGRES);
    let request_id = http::request_id().unwrap_or_default();
    tracing::warn!(request_id, dependency = error.dependency.name, error = error.error, "a request failed");
    counter!("tagmill_segments_request_failures_total").increment(1);
}

/// Memberships whose time was over.
pub(crate) fn expired(count: i64) {
    counter!("tagmill_segments_expired_total").increment(u64::try_from(count).unwrap_or_default());
}
