//! Descriptions of the client's metrics.

use metrics::{Unit::Count, describe_counter, describe_gauge};

/// Sets the help text of each metric of the client.
pub fn describe() {
    describe_counter!(
        "tagmill_client_replacements_total",
        Count,
        "Kafka consumers and producers that did not find the brokers again, or failed permanently, and were replaced"
    );
    describe_gauge!("tagmill_consumer_lag", Count, "Records of a partition behind the committed offset");
    describe_gauge!(
        "tagmill_high_watermark_lag",
        Count,
        "Records of a partition behind the committed offset, including those behind an open transaction"
    );
    describe_counter!("tagmill_consumer_errors_total", Count, "Errors of the Kafka client while it reads, by code");
    describe_counter!(
        "tagmill_records_lost_total",
        Count,
        "Records of the source topic that were deleted before they were read"
    );
    describe_counter!(
        "tagmill_topic_replacements_total",
        Count,
        "Source topics that were deleted and created again under the same name"
    );
    describe_gauge!("tagmill_assigned_partitions", Count, "Partitions of the source topic that this process reads");
}
