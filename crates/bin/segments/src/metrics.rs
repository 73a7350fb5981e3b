//! The metrics of the service: `tagmill_segments_*`.

use std::time::{SystemTime, UNIX_EPOCH};

use consumer::Failure;
use database::PgTimestamp;
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

/// Sets the help texts.
pub(crate) fn describe() {
    describe_counter!("tagmill_segments_requests_total", Unit::Count, "Requests answered, by API and class of status");
    describe_counter!(
        "tagmill_segments_operations_total",
        Unit::Count,
        "Operations recorded, by kind, also those of transactions that were rolled back afterwards"
    );
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
        "tagmill_segments_refreshes_total",
        Unit::Count,
        "Refreshes of automatic segments, by state in the log"
    );
    describe_gauge!("tagmill_segments_automatic", Unit::Count, "Automatic segments");
    describe_gauge!(
        "tagmill_segments_refresh_overdue",
        Unit::Count,
        "Automatic segments whose refresh has been due for more than a minute"
    );
    describe_gauge!("tagmill_segments_refresh_failing", Unit::Count, "Automatic segments whose last refresh failed");
    describe_gauge!(
        "tagmill_segments_refresh_oldest_success_timestamp_seconds",
        Unit::Seconds,
        "Begin of the last successful refresh of the automatic segment that was refreshed the longest ago"
    );
    describe_gauge!(
        "tagmill_segments_last_sweep_timestamp_seconds",
        Unit::Seconds,
        "Unix time at which this replica last closed all memberships whose time was over, or began to"
    );
    describe_counter!(
        "tagmill_segments_drive_failures_total",
        Unit::Count,
        "Reports that could not be uploaded to Google Drive"
    );
    counter!("tagmill_segments_request_failures_total").increment(0);
    for api in APIS {
        for status in ["2xx", "4xx", "5xx"] {
            counter!("tagmill_segments_requests_total", "api" => api, "status" => status).increment(0);
        }
    }
    for kind in ["change_user", "refresh"] {
        operation(kind, 0);
    }
    for state in ["success", "failed", "rejected", "skip"] {
        counter!("tagmill_segments_refreshes_total", "state" => state).increment(0);
    }
    counter!("tagmill_segments_expired_total").increment(0);
    counter!("tagmill_segments_drive_failures_total").increment(0);
    crate::subscribers::metrics::describe();
    schedule::describe_metrics();
    http::describe_metrics();
}

/// The names of the APIs. `slugs` is that of the customer's second service.
const APIS: [&str; 3] = ["v1", "slugs", "v2"];

/// A request to a path that was answered with a status.
pub(crate) fn answered(path: &str, status: u16) {
    let api = match path.get(..8) {
        Some("/api/v1/") => "v1",
        Some("/api/v2/") => "v2",
        _ if path.starts_with("/segments/") => "slugs",
        // Neither the document nor an unknown path is of interest.
        _ => return,
    };
    let status = match status {
        ..400 => "2xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    counter!("tagmill_segments_requests_total", "api" => api, "status" => status).increment(1);
}

/// Operations of a kind that were recorded.
pub(crate) fn operation(kind: &'static str, count: u64) {
    counter!("tagmill_segments_operations_total", "kind" => kind).increment(count);
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

/// Numbers of automatic segments.
pub(crate) struct Automatic {
    pub(crate) segments: usize,
    pub(crate) overdue: usize,
    pub(crate) failing: usize,
    pub(crate) oldest_success: Option<PgTimestamp>,
}

/// The automatic segments now.
#[expect(clippy::cast_precision_loss, reason = "numbers of segments, and seconds since 1970")]
pub(crate) fn automatic(automatic: &Automatic) {
    /// The seconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800;
    gauge!("tagmill_segments_automatic").set(automatic.segments as f64);
    gauge!("tagmill_segments_refresh_overdue").set(automatic.overdue as f64);
    gauge!("tagmill_segments_refresh_failing").set(automatic.failing as f64);
    if let Some(oldest) = automatic.oldest_success {
        let seconds = oldest.micros().div_euclid(1_000_000) + EPOCH;
        gauge!("tagmill_segments_refresh_oldest_success_timestamp_seconds").set(seconds as f64);
    }
}

/// A refresh ended.
pub(crate) fn refreshed(state: &'static str) {
    counter!("tagmill_segments_refreshes_total", "state" => state).increment(1);
}

/// A refresh whose end could not be recorded, because the database did not answer. The next one marks it as abandoned.
pub(crate) fn refresh_failed(segment: i64, failure: Failure) {
    let error = failure.into_dependency_error(database::POSTGRES);
    tracing::warn!(segment, error = error.error, "a refresh did not end");
    counter!("tagmill_segments_refreshes_total", "state" => "failed").increment(1);
}
