//! Descriptions of the metrics of HTTP.

use metrics::{Unit::Count, describe_counter};

/// Gives the metrics of this crate their help texts.
pub fn describe() {
    describe_counter!("tagmill_api_failures_total", Count, "Requests to the tag API that the database did not answer");
    describe_counter!(
        "tagmill_api_unauthorized_total",
        Count,
        "Requests to the tag API or the dashboard refused with 401, by reason: missing or wrong token"
    );
}
