//! Descriptions of the metrics of HTTP.

use metrics::{Unit::Count, describe_counter, describe_gauge};

/// Gives the metrics of this crate their help texts.
pub fn describe() {
    describe_gauge!("tagmill_http_connections", Count, "Open connections to HTTP_ADDR");
    describe_counter!(
        "tagmill_http_connections_closed_total",
        Count,
        "Idle connections that were closed for a new one because there were too many"
    );
    describe_counter!(
        "tagmill_http_requests_refused_total",
        Count,
        "Requests refused with 503 because too many expensive ones were being answered"
    );
    describe_counter!("tagmill_api_failures_total", Count, "Requests to the tag API that the database did not answer");
    describe_counter!(
        "tagmill_api_unauthorized_total",
        Count,
        "Requests to the tag API or the dashboard refused with 401, by reason: missing or wrong token"
    );
}
