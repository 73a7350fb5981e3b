//! Descriptions of the metrics of rebuilds.

use metrics::{Unit::Count, describe_gauge};

pub(crate) fn describe() {
    describe_gauge!("tagmill_rebuild_phase", Count, "0 no rebuild, 1 reading the topic again, 2 publishing the result");
    describe_gauge!(
        "tagmill_rebuild_remaining_records",
        Count,
        "Records that a rebuild must read before it publishes anything"
    );
}
