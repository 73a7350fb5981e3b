//! Descriptions of the metrics of tags, the summary and the API.

use metrics::{
    Unit::{Count, Seconds},
    describe_counter, describe_gauge,
};

pub(crate) fn describe() {
    describe_counter!("tagmill_tag_changes_total", Count, "Tags assigned and revoked");
    describe_gauge!(
        "tagmill_tag_rules_pending",
        Count,
        "Rules that have changed and are not applied to every user yet"
    );
    describe_gauge!(
        "tagmill_summary_age_seconds",
        Seconds,
        "Age of the oldest change that is not in the figures; 0 if there is none"
    );
    describe_gauge!(
        "tagmill_summary_refresh_seconds",
        Seconds,
        "Duration of the last refresh of the summary by this process"
    );
    describe_counter!("tagmill_summary_failures_total", Count, "Refreshes of the summary that failed");
    describe_counter!("tagmill_api_failures_total", Count, "Requests to the tag API that the database did not answer");
    describe_counter!(
        "tagmill_api_unauthorized_total",
        Count,
        "Requests to the tag API or the dashboard refused with 401, by reason: missing or wrong token"
    );
}
