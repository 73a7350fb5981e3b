//! Subscribers of some segments: webhook receivers that honour `sequence`, and the comparison of what they hold with the model.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use harness::webhook::{Behaviour, Receiver};
use harness::{Connection, until};
use tokio::sync::{Mutex, MutexGuard};

use super::model::{LIVE, Members, QUERIED, REQUESTED, TIMED};

/// Segments with a subscriber: by requests, by a query, by a live percentage, for seconds only.
const SUBSCRIBED: [&str; 4] = [REQUESTED[0], QUERIED, LIVE, TIMED];

/// Time limit for the receivers to hold the members. A receiver that has failed is tried again after seconds, at most.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// A receiver for each segment.
pub(super) struct Subscribers {
    receivers: Vec<(&'static str, Receiver)>,
    /// One fault at a time.
    turn: Mutex<()>,
}

impl Subscribers {
    /// Starts the receivers, and subscribes them.
    pub(super) async fn subscribe(connection: &mut Connection, key: &str) -> Result<Self> {
        let mut receivers = Vec::new();
        for segment in SUBSCRIBED {
            let receiver = Receiver::start().await?;
            receiver.subscribe(connection, key, segment).await?;
            receivers.push((segment, receiver));
        }
        Ok(Self { receivers, turn: Mutex::default() })
    }

    /// One fault at a time.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// All receivers treat requests so from now on.
    pub(super) fn behave(&self, behaviour: Behaviour) {
        self.receivers.iter().for_each(|(_, receiver)| receiver.behave(behaviour));
    }

    /// Requests that were not treated as they should be.
    pub(super) fn failed(&self) -> u64 {
        self.receivers.iter().map(|(_, receiver)| receiver.failed()).sum()
    }

    /// Changes that were applied.
    pub(super) fn applied(&self) -> u64 {
        self.receivers.iter().map(|(_, receiver)| receiver.applied()).sum()
    }

    /// Waits until every receiver holds the members of its segment, and no request is left that comes late. Returns the differences.
    pub(super) async fn differences(&self, expected: &Members) -> Vec<String> {
        let find = || self.receivers.iter().filter_map(|receiver| difference(receiver, expected)).collect::<Vec<_>>();
        let is_idle = || self.receivers.iter().all(|(_, receiver)| receiver.is_idle());
        let equal = async || Ok(is_idle() && find().is_empty());
        match until("the receivers hold the members", WAIT_TIMEOUT, equal).await {
            Ok(()) => Vec::new(),
            Err(error) => std::iter::once(format!("{error:#}")).chain(find()).collect(),
        }
    }
}

/// What a receiver holds that it should not, and what it lacks.
fn difference((segment, receiver): &(&'static str, Receiver), expected: &Members) -> Option<String> {
    let all = expected.now.iter().filter(|(name, _)| name == segment);
    let should: BTreeSet<_> = all.map(|(_, guid)| *guid).collect();
    let holds = receiver.members();
    let (missing, surplus) = (should.difference(&holds).count(), holds.difference(&should).count());
    let forged = receiver.forged();
    (missing + surplus > 0 || forged > 0).then(|| {
        format!("the receiver of {segment}: {missing} members missing, {surplus} too many, {forged} wrong signatures")
    })
}
