//! The metrics of the service: `tagmill_segments_*`.

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

/// Memberships whose time was over.
pub(crate) fn expired(count: i64) {
    counter!("tagmill_segments_expired_total").increment(u64::try_from(count).unwrap_or_default());
}
