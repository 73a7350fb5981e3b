//! The metrics of the service: `tagmill_segments_*`.

use std::time::{SystemTime, UNIX_EPOCH};

use consumer::Failure;
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

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
    describe_counter!(
        "tagmill_segments_drive_failures_total",
        Unit::Count,
        "Reports that could not be uploaded to Google Drive"
    );
    describe_gauge!(
        "tagmill_segments_last_sweep_timestamp_seconds",
        Unit::Seconds,
        "Unix time at which this replica last closed all memberships whose time was over, or began to"
    );
    counter!("tagmill_segments_request_failures_total").increment(0);
    counter!("tagmill_segments_expired_total").increment(0);
    counter!("tagmill_segments_drive_failures_total").increment(0);
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

/// A report that Google Drive did not take. The log and the client have the error.
pub(crate) fn upload_failed(error: &google_drive::Error) {
    let request_id = http::request_id().unwrap_or_default();
    tracing::warn!(request_id, %error, "a report was not uploaded");
    counter!("tagmill_segments_drive_failures_total").increment(1);
}

/// A round of the sweeper, which has closed so many memberships.
pub(crate) fn swept(count: i64, now: SystemTime) {
    counter!("tagmill_segments_expired_total").increment(u64::try_from(count).unwrap_or_default());
    let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!("tagmill_segments_last_sweep_timestamp_seconds").set(since_1970.as_secs_f64());
}
