//! The consumer context: callbacks for rebalances, errors, statistics and log lines of the client.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ::consumer::LoopHealth;
use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance},
    error::KafkaError,
    topic_partition_list::TopicPartitionListElem,
    types::RDKafkaErrorCode as Code,
};
use tokio::sync::{Notify, futures::Notified};

use crate::{
    client::diagnostics, client::error::is_auth_error, client::supervisor::Health,
    consume::commit_request::commit_offsets, consume::generation::AssignmentGeneration,
    consume::partition_watch::ReadState, consume::partitions::Partitions, consume::pending_commits::PendingCommits,
};

/// The context of the consumer. Its callbacks run during a poll, on the task that reads.
pub(crate) struct GroupContext {
    state: Mutex<State>,
    changed: Notify,
    loop_health: Arc<LoopHealth>,
    partitions: Partitions,
}

#[derive(Default)]
struct State {
    owned: HashMap<i32, AssignmentGeneration>,
    /// Whether the last rebalance is complete. Without partitions, the member then has none.
    stable: bool,
    rebalances: u64,
    commits: PendingCommits,
    paused: bool,
    /// Whether partitions were read since the last statistics, if only for a moment.
    was_read: bool,
    last_failure: String,
    outage: Option<String>,
    /// Why the group rejects this member. A connection to the brokers does not end this.
    rejection: Option<String>,
    /// Whether the coordinator and the leaders of the assigned partitions were connected at the last statistics.
    is_answered: bool,
    /// This consumer was replaced and no longer reports to `LoopHealth`.
    is_replaced: bool,
}

impl GroupContext {
    pub(crate) fn new(loop_health: Arc<LoopHealth>, partitions: Partitions) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), loop_health, partitions }
    }

    /// The state of each partition.
    pub(crate) fn watched(&self) -> &Partitions {
        &self.partitions
    }

    /// The assigned partitions with their generations, also during a rebalance.
    pub(crate) fn owned(&self) -> Vec<(i32, AssignmentGeneration)> {
        self.state().owned.iter().map(|(&partition, &generation)| (partition, generation)).collect()
    }

    /// Begins a new generation of these partitions: all records received, returned and processed so far belong to the
    /// former topic.
    pub(crate) fn begin_anew(&self, partitions: &[i32]) {
        let mut state = self.state();
        state.rebalances += 1;
        let generation = AssignmentGeneration(state.rebalances);
        for partition in partitions {
            state.commits.forget(*partition);
            state.owned.entry(*partition).and_modify(|owned| *owned = generation);
        }
        self.partitions.forget_positions(partitions);
    }

    /// Resolves after a rebalance, which no read reports; also if it came before the call.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// The number of rebalances so far.
    pub(crate) fn rebalances(&self) -> u64 {
        self.state().rebalances
    }

    /// The current generation of a partition. `None`: it is not assigned.
    pub(crate) fn generation(&self, partition: i32) -> Option<AssignmentGeneration> {
        self.state().owned.get(&partition).copied()
    }

    /// The assigned partitions. `None` during a rebalance.
    pub(crate) fn partitions(&self) -> Option<Vec<(i32, AssignmentGeneration)>> {
        let state = self.state();
        state.stable.then(|| state.owned.iter().map(|(&partition, &generation)| (partition, generation)).collect())
    }

    /// Registers a received record: the brokers are reachable. Returns the generation of its partition, if still
    /// assigned.
    pub(crate) fn received(&self, partition: i32) -> Option<AssignmentGeneration> {
        let mut state = self.state();
        self.recover(&mut state);
        state.owned.get(&partition).copied()
    }

    /// Records that everything before these offsets is processed.
    pub(crate) fn set_due_commits(&self, offsets: &BTreeMap<i32, i64>) {
        let mut state = self.state();
        for (&partition, &offset) in offsets {
            if let Some(generation) = state.owned.get(&partition).copied() {
                state.commits.set_due(partition, generation, offset);
            }
        }
    }

    /// Whether there are offsets to commit, and no rebalance that would reject them.
    pub(crate) fn has_due_commits(&self) -> bool {
        let state = self.state();
        state.stable && state.commits.due().any(|partition| !self.partitions.is_unverified(partition))
    }

    /// Takes the offsets to commit now.
    pub(crate) fn take_due_commits(&self) -> BTreeMap<i32, i64> {
        let mut state = self.state();
        if !state.stable {
            return BTreeMap::new();
        }
        let due = state.commits.take_due(|partition| !self.partitions.is_unverified(partition));
        let ours = due.into_iter().filter(|(partition, generation, _)| state.owned.get(partition) == Some(generation));
        ours.map(|(partition, _, offset)| (partition, offset)).collect()
    }

    /// Whether partitions are paused. Partitions assigned meanwhile are paused as well.
    pub(crate) fn is_paused(&self) -> bool {
        self.state().paused
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        let mut state = self.state();
        state.paused = paused;
        state.was_read |= !paused;
    }

    /// Why no broker is reachable, or why the group rejects this member.
    pub(crate) fn outage(&self) -> Option<String> {
        let state = self.state();
        state.rejection.as_ref().or(state.outage.as_ref()).cloned()
    }

    /// The health of the consumer. A rejected member counts as healthy: the rejection is reported elsewhere, and a new
    /// consumer would be rejected as well.
    pub(crate) fn health(&self) -> Health {
        let state = self.state();
        match (state.is_answered, state.stable) {
            _ if state.rejection.is_some() => Health::Well,
            (true, true) => Health::Well,
            (true, false) => Health::NotStable,
            (false, _) => Health::NoAnswer,
        }
    }

    /// Replaces another consumer, whose last events are ignored from now on. A reported outage ends when this consumer
    /// reaches the brokers. Generations continue, so that a batch of the former consumer is never taken for one of
    /// this.
    pub(crate) fn replace(&self, former: &Self) {
        let (paused, rebalances, outage) = {
            let mut former = former.state();
            former.is_replaced = true;
            (former.paused, former.rebalances, former.outage.take())
        };
        let mut state = self.state();
        (state.paused, state.rebalances, state.outage) = (paused, rebalances, outage);
        self.loop_health.unassigned();
        self.export_assigned(0);
    }

    /// Records that the group rejects this member. The client asks again by itself, and an assignment ends the
    /// rejection.
    pub(crate) fn rejected(&self, why: impl std::fmt::Display) {
        self.state().rejection = Some(format!("the group rejects this member: {why}"));
    }

    /// Records that the brokers are reachable again. An idle loop would not notice, because otherwise only a stored
    /// batch ends the waiting.
    fn recover(&self, state: &mut State) {
        if state.outage.take().is_some() {
            self.waits_no_more();
        }
    }

    /// Records that an error reported to the reader has ended, if it was not an outage of the brokers.
    pub(crate) fn goes_on(&self) {
        if self.outage().is_none() {
            self.waits_no_more();
        }
    }

    fn waits_no_more(&self) {
        if self.loop_health.waiting().is_some_and(|waiting| waiting.dependency == crate::KAFKA) {
            self.loop_health.set_waiting(None);
        }
    }

    fn rebalanced(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        state.rebalances += 1;
        change(&mut state);
        if state.is_replaced {
            return;
        }
        if state.stable || !state.owned.is_empty() {
            self.loop_health.assigned(state.owned.len());
        } else {
            self.loop_health.unassigned();
        }
        self.export_assigned(state.owned.len());
        self.changed.notify_one();
    }

    fn export_assigned(&self, partitions: usize) {
        let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
        match self.loop_health.name() {
            Some(name) => metrics::gauge!("tagmill_assigned_partitions", "loop" => name).set(partitions),
            None => metrics::gauge!("tagmill_assigned_partitions").set(partitions),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConsumerContext for GroupContext {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else { return };
        tracing::info!(partitions = ?numbers(partitions), "partitions revoked");
        let mut last = BTreeMap::new();
        self.rebalanced(|state| {
            state.stable = false; // an assignment follows, which may be empty
            for partition in partitions.elements() {
                let generation = state.owned.remove(&partition.partition());
                if let Some((processed_in, offset)) = state.commits.forget(partition.partition())
                    && generation == Some(processed_in)
                    && !self.partitions.is_unverified(partition.partition())
                {
                    last.insert(partition.partition(), offset);
                }
                if !state.is_replaced {
                    lag(partition.topic(), partition.partition(), 0); // the next owner reports it
                    self.partitions.left(partition.partition());
                }
            }
        });
        // Sent before the partitions are given up. Without it, the next owner repeats a batch or two.
        if let Some(partition) = partitions.elements().first() {
            commit_offsets(consumer, partition.topic(), &last, &self.partitions.identity().metadata());
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(partitions) = rebalance else { return };
        tracing::info!(partitions = ?numbers(partitions), "partitions assigned");
        self.rebalanced(|state| {
            state.stable = true;
            if state.rejection.take().is_some() {
                self.loop_health.set_waiting(None);
            }
            let generation = AssignmentGeneration(state.rebalances);
            state.owned.extend(partitions.elements().iter().map(|partition| (partition.partition(), generation)));
            self.partitions.came(numbers(partitions).into_iter());
        });
        // A partition that was paused when it was revoked may still be paused when it is assigned again, so both cases
        // are set.
        let said = if self.is_paused() { consumer.pause(partitions) } else { consumer.resume(partitions) };
        if let Err(error) = said {
            tracing::warn!(%error, "cannot pause or resume the assigned partitions");
        }
    }
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        diagnostics::log(level, facility, message);
        if self.partitions.log(message) {
            self.changed.notify_one();
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        diagnostics::note(&error, reason);
        self.partitions.set_error_text(reason);
        let mut state = self.state();
        match error.rdkafka_error_code() {
            Some(Code::AllBrokersDown) => state.outage = Some(format!("no broker answers; {}", state.last_failure)),
            Some(code) if is_auth_error(code) => state.outage = Some(reason.to_owned()),
            Some(Code::BrokerTransportFailure | Code::Resolve | Code::BadMessage) => {
                reason.clone_into(&mut state.last_failure);
            }
            _ => {}
        }
    }

    fn stats(&self, mut statistics: Statistics) {
        // Statistics also list topics whose metadata was requested, and their partitions have the same numbers.
        statistics.topics.retain(|name, _| name == self.partitions.topic());
        let mut state = self.state();
        let is_up = statistics.brokers.values().any(|broker| broker.state == "UP");
        if is_up {
            self.recover(&mut state);
        }
        // Between the ticks of a schedule, partitions are read for moments only.
        let was_read = std::mem::take(&mut state.was_read) || !state.paused;
        let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        let ours = partitions.filter(|known| state.owned.contains_key(&known.partition));
        self.partitions.observe(ours, ReadState { now: is_up && !state.paused, lately: is_up && was_read });
        let is_answered = answers(&statistics, &state);
        if std::mem::replace(&mut state.is_answered, is_answered) != is_answered {
            self.changed.notify_one();
        }
        let State { owned, commits, .. } = &mut *state;
        for topic in statistics.topics.values() {
            for partition in topic.partitions.values().filter(|known| owned.contains_key(&known.partition)) {
                // A group that has never committed lags by all records.
                let behind = partition.consumer_lag;
                let behind = if behind >= 0 { behind } else { partition.hi_offset - partition.lo_offset.max(0) };
                if partition.hi_offset >= 0 {
                    lag(&topic.topic, partition.partition, behind.max(0)); // otherwise the last fetch failed
                }
                if commits.repeat_if_missing(partition.partition, partition.committed_offset) {
                    self.changed.notify_one();
                }
            }
        }
    }
}

/// Whether the coordinator of the group and the leaders of the assigned partitions are connected. While partitions are
/// paused, nothing is requested from their leaders, and an unused connection may be closed.
fn answers(statistics: &Statistics, state: &State) -> bool {
    let coordinator = statistics.cgrp.as_ref().is_some_and(|group| group.state == "up");
    // A partition without a leader has -1 here, as have the coordinator's connection and a bootstrap server.
    let is_up = |leader: i32| {
        leader >= 0 && statistics.brokers.values().any(|broker| broker.nodeid == leader && broker.state == "UP")
    };
    let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
    let mut ours = partitions.filter(|known| state.owned.contains_key(&known.partition));
    coordinator && (state.paused || ours.all(|known| is_up(known.leader)))
}

#[expect(clippy::cast_precision_loss, reason = "a lag never reaches 2^53 records")]
fn lag(topic: &str, partition: i32, records: i64) {
    let labels = [("topic", topic.to_owned()), ("partition", partition.to_string())];
    metrics::gauge!("tagmill_consumer_lag", &labels).set(records as f64);
}

fn numbers(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions.elements().iter().map(TopicPartitionListElem::partition).collect()
}
