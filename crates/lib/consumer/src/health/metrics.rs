//! Descriptions of the loop's metrics.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Sets the help text of each metric of the loop.
pub fn describe() {
    use Unit::{Count, Seconds};
    describe_counter!("tagmill_records_total", Count, "Records read, by outcome");
    describe_counter!("tagmill_batches_total", Count, "Microbatches stored, published and committed");
    describe_counter!("tagmill_skipped_total", Count, "Skipped records that are not messages of this service, by kind");
    describe_counter!("tagmill_dead_letters_total", Count, "Records sent to the dead-letter topic, by reason");
    describe_gauge!(
        "tagmill_last_commit_timestamp_seconds",
        Seconds,
        "Unix time of the last commit of a batch, or of the start"
    );
    describe_gauge!(
        "tagmill_loop_heartbeat_timestamp_seconds",
        Seconds,
        "Unix time of the last heartbeat of the loop; a loop that waits has a heartbeat, a loop that hangs has none"
    );
    describe_gauge!("tagmill_step_seconds", Seconds, "Seconds in the current step of the loop; 0 for all other steps");
    describe_gauge!("tagmill_dependency_waiting", Count, "1 if the loop waits for this dependency");
    describe_gauge!("tagmill_dependency_attempts", Count, "Consecutive failed attempts to use this dependency");
    describe_gauge!("tagmill_stuck_records", Count, "1 if one record cannot be stored and blocks all behind it");
    describe_gauge!(
        "tagmill_background_deferred",
        Count,
        "1 if background work (parked orders, a rebuild) is deferred while records are processed"
    );
    describe_gauge!(
        "tagmill_stalls",
        Count,
        "Topics, partitions or clients that make no progress, by cause; /ready and the log name each"
    );
    describe_histogram!("tagmill_batch_seconds", Seconds, "Time from decoding a batch to its commit");
    describe_histogram!(
        "tagmill_end_to_end_latency_seconds",
        Seconds,
        "Time from writing a record to the source topic to its commit"
    );
}
