//! Descriptions of the metrics of tags and the summary.

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
}
