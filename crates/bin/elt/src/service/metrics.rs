//! The metrics of jobs: `tagmill_elt_*`.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::outcome::{Counts, Outcome, Status};

/// What happened to a job at a tick, as the label `outcome` names it.
pub(crate) const OUTCOMES: [&str; 6] = ["ok", "failed", "held", "invalid", "late", "elsewhere"];

/// Sets the help texts.
pub(crate) fn describe() {
    use Unit::{Count, Seconds};
    describe_counter!(
        "tagmill_elt_cycles_total",
        Count,
        "Cycles of a job by outcome; late: a tick was skipped because the cycle before it still ran"
    );
    describe_histogram!("tagmill_elt_cycle_seconds", Seconds, "Duration of a cycle");
    describe_counter!("tagmill_elt_rows_total", Count, "Rows read, unchanged, inserted, updated, deleted and repaired");
    describe_gauge!(
        "tagmill_elt_last_success_timestamp_seconds",
        Seconds,
        "Unix time of the last cycle that went well, or of the first sight of the job"
    );
    describe_gauge!(
        "tagmill_elt_watermark_timestamp_seconds",
        Seconds,
        "Unix time from which the next cycle reads, by the clock of the source; 0 if it reads everything"
    );
    describe_gauge!("tagmill_elt_deletes_held", Count, "1 if deletes of the job wait for a person");
    describe_gauge!(
        "tagmill_elt_failures",
        Count,
        "Cycles of the job that have failed since the last one that did not"
    );
    describe_gauge!("tagmill_elt_period_seconds", Seconds, "Time between two cycles of the job");
}

/// Makes the metrics of a job exist, so that an alert sees a change and not a gap.
pub(crate) fn register(job: &str, period: f64) {
    OUTCOMES.iter().for_each(|outcome| count(job, outcome, 0));
    add_rows(job, &Counts::default());
    set_failures(job, 0);
    set_held(job, false);
    self::period(job, period);
    let name = job.to_owned();
    gauge!("tagmill_elt_last_success_timestamp_seconds", "job" => name).set(now());
}

/// A tick without a cycle: `invalid` or `late`.
pub(crate) fn no_cycle(job: &str, outcome: &'static str) {
    count(job, outcome, 1);
}

fn count(job: &str, outcome: &'static str, cycles: u64) {
    let name = job.to_owned();
    counter!("tagmill_elt_cycles_total", "job" => name, "outcome" => outcome).increment(cycles);
}

fn set_failures(job: &str, failures: u32) {
    let name = job.to_owned();
    gauge!("tagmill_elt_failures", "job" => name).set(failures);
}

fn set_held(job: &str, held: bool) {
    let name = job.to_owned();
    gauge!("tagmill_elt_deletes_held", "job" => name).set(u8::from(held));
}

/// How long it is between two cycles.
pub(crate) fn period(job: &str, seconds: f64) {
    let name = job.to_owned();
    gauge!("tagmill_elt_period_seconds", "job" => name).set(seconds);
}

/// A cycle that has ended.
pub(crate) fn cycle(job: &str, outcome: &Outcome, failures: u32) {
    count(job, outcome.status.name(), 1);
    if outcome.status == Status::Elsewhere {
        // The other replica tells it: the largest value of all is that of the last cycle.
        set_failures(job, 0);
        set_held(job, false);
        return;
    }
    let (name, seconds) = (job.to_owned(), outcome.seconds);
    histogram!("tagmill_elt_cycle_seconds", "job" => name).record(seconds);
    add_rows(job, &outcome.counts);
    set_failures(job, failures);
    if outcome.status == Status::Failed {
        return;
    }
    set_held(job, outcome.status == Status::Held);
    let (name, watermark) = (job.to_owned(), outcome.watermark_time.unwrap_or(0.0));
    gauge!("tagmill_elt_watermark_timestamp_seconds", "job" => name).set(watermark);
    if outcome.status == Status::Ok {
        let name = job.to_owned();
        gauge!("tagmill_elt_last_success_timestamp_seconds", "job" => name).set(now());
    }
}

fn add_rows(job: &str, counts: &Counts) {
    let Counts { read, unchanged, inserted, updated, deleted, repaired, missing: _ } = *counts;
    for (kind, rows) in [
        ("read", read),
        ("unchanged", unchanged),
        ("inserted", inserted),
        ("updated", updated),
        ("deleted", deleted),
        ("repaired", repaired),
    ] {
        let name = job.to_owned();
        counter!("tagmill_elt_rows_total", "job" => name, "kind" => kind).increment(rows);
    }
}

fn now() -> f64 {
    runtime::clock::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
