//! The metrics of subscribers: `tagmill_segments_subscriptions` and its neighbours.

use std::collections::BTreeMap;

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use super::{due::State, targets::KINDS};

/// Sets the help texts.
pub(crate) fn describe() {
    describe_gauge!(
        "tagmill_segments_subscriptions",
        Unit::Count,
        "Subscriptions that have not ended, by target and status"
    );
    describe_gauge!(
        "tagmill_segments_pending_changes",
        Unit::Count,
        "Changes that waited after the last attempt to send them, by target"
    );
    describe_gauge!(
        "tagmill_segments_oldest_pending_seconds",
        Unit::Seconds,
        "Time for which the subscription that has waited the longest has not been synced, by target"
    );
    describe_counter!(
        "tagmill_segments_sync_attempts_total",
        Unit::Count,
        "Attempts to send changes, by target and result: acknowledged, rejected, retry, gone"
    );
    describe_counter!(
        "tagmill_segments_changes_total",
        Unit::Count,
        "Changes that targets have acknowledged or rejected"
    );
    describe_gauge!(
        "tagmill_segments_late_expiries",
        Unit::Count,
        "Memberships that are open although their time has been over for more than ten seconds"
    );
    for target in KINDS {
        for result in ["acknowledged", "rejected", "retry", "gone"] {
            counter!("tagmill_segments_sync_attempts_total", "target" => target, "result" => result).increment(0);
        }
        for result in ["acknowledged", "rejected"] {
            counter!("tagmill_segments_changes_total", "target" => target, "result" => result).increment(0);
        }
    }
}

/// An attempt to send changes.
pub(super) fn attempted(target: &str, result: &'static str) {
    counter!("tagmill_segments_sync_attempts_total", "target" => target.to_owned(), "result" => result).increment(1);
}

/// Changes that a target has acknowledged and rejected.
pub(super) fn sent(target: &str, acknowledged: i32, rejected: i32) {
    for (result, count) in [("acknowledged", acknowledged), ("rejected", rejected)] {
        let count = u64::try_from(count).unwrap_or_default();
        counter!("tagmill_segments_changes_total", "target" => target.to_owned(), "result" => result).increment(count);
    }
}

/// The subscriptions now.
#[expect(clippy::cast_precision_loss, reason = "numbers of subscriptions and changes, and seconds")]
pub(super) fn subscriptions(states: &[State], late_expiries: i64) {
    for target in KINDS {
        let of_target = || states.iter().filter(|state| state.target == target);
        let statuses = ["not uploaded", "uploaded", "failing", "gone"];
        let mut counts: BTreeMap<&str, usize> = statuses.into_iter().map(|status| (status, 0)).collect();
        for state in of_target().filter(|state| !state.is_ended) {
            if let Some(count) = counts.get_mut(state.status.as_str()) {
                *count += 1;
            }
        }
        for (status, count) in counts {
            gauge!("tagmill_segments_subscriptions", "target" => target, "status" => status).set(count as f64);
        }
        let pending: i64 = of_target().map(|state| state.pending).sum();
        gauge!("tagmill_segments_pending_changes", "target" => target).set(pending as f64);
        let oldest = of_target().filter_map(|state| {
            let (_, since) = state.waiting_since()?;
            Some(state.now.micros().saturating_sub(since.micros()).max(0))
        });
        let seconds = oldest.max().unwrap_or_default() as f64 / 1_000_000.0;
        gauge!("tagmill_segments_oldest_pending_seconds", "target" => target).set(seconds);
    }
    gauge!("tagmill_segments_late_expiries").set(late_expiries as f64);
}
