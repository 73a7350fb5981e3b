//! Verification of committed offsets: whether they belong to the current topic or to a deleted topic of the same name.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use ::consumer::DependencyError;
use rdkafka::{consumer::Consumer as _, error::KafkaError};
use tokio::{task::JoinHandle, time::Instant};

use super::Source;
use crate::{
    client::error::unavailable,
    consume::consumer::{self, BEGINNING},
    consume::generation::AssignmentGeneration,
};

/// The committed offsets of partitions, requested when they are assigned.
///
/// Brokers delete the offsets of a deleted topic. A member that has not noticed the deletion may commit offsets
/// afterwards. They would count as offsets of a topic that is created later, so the metadata of each offset contains
/// the id of its topic.
#[derive(Debug, Default)]
pub(super) struct Verification {
    asking: Option<JoinHandle<Result<Vec<Committed>, KafkaError>>>,
    /// When they are requested again.
    ask_at: Option<Instant>,
    /// The number of answers since the consumer was opened.
    answers: u32,
    /// The offset at which each generation of a partition began. [`BEGINNING`] if nothing was committed.
    begun: HashMap<i32, (AssignmentGeneration, i64)>,
}

/// The interval between two requests while partitions are not verified.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Maximum number of answers before the id of the topic is known. After that, offsets are accepted without
/// verification.
const PATIENT_FOR: u32 = 30;

/// Partition, offset, metadata.
type Committed = (i32, Option<i64>, String);

impl Verification {
    /// The offset at which this generation of a partition began.
    pub(super) fn begin(&self, partition: i32, generation: AssignmentGeneration) -> Option<i64> {
        self.begun.get(&partition).filter(|(of, _)| *of == generation).map(|(_, begin)| *begin)
    }

    /// When the offsets are requested again.
    pub(super) fn ask_at(&self) -> Option<Instant> {
        self.ask_at.filter(|_| self.asking.is_none())
    }

    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The answer. Never resolves if nothing was requested.
    pub(super) async fn answer(&mut self) -> Result<Vec<Committed>, DependencyError> {
        match &mut self.asking {
            Some(asking) => asking.await.map_err(unavailable)?.map_err(unavailable),
            None => std::future::pending().await,
        }
    }
}

impl Source {
    /// Requests the committed offsets of unverified partitions, unless a request is running.
    pub(super) fn verify(&mut self) {
        let partitions = self.context().watched().unverified();
        if partitions.is_empty() {
            self.verification.ask_at = None;
            return;
        }
        if self.verification.is_asking() || self.verification.ask_at.is_some_and(|at| at > Instant::now()) {
            return;
        }
        let (consumer, topic) = (self.consumer.clone(), self.topic.clone());
        let ask = move || consumer::committed(&consumer, &topic, &partitions);
        self.verification.asking = Some(tokio::task::spawn_blocking(ask));
    }

    /// Processes the answer. Partitions whose offsets belong to another topic are read from their beginning.
    pub(super) fn take_committed(&mut self, answer: Result<Vec<Committed>, DependencyError>) {
        self.verification.asking = None;
        match answer {
            Ok(committed) => {
                committed.into_iter().for_each(|committed| self.decide(committed));
                self.verification.answers += 1;
            }
            Err(error) => {
                tracing::warn!(error = error.error, "the committed offsets are not known; nothing is committed");
            }
        }
        self.verification.ask_at = Some(Instant::now() + ASK_AGAIN);
    }

    fn decide(&mut self, (partition, offset, metadata): Committed) {
        let Some(generation) = self.context().generation(partition) else { return };
        let is_foreign = match self.identity.is_foreign(&metadata) {
            Some(is_foreign) => is_foreign,
            // The client reads the id with the metadata of the topic, which it has by now.
            None if self.verification.answers < PATIENT_FOR => return,
            None => {
                tracing::warn!(topic = &*self.topic, "the client does not report the id of the topic");
                false
            }
        };
        if is_foreign {
            let (topic, former) = (&*self.topic, metadata.as_str());
            tracing::error!(
                topic,
                partition,
                offset,
                former,
                "the committed offset belongs to a deleted topic of this name"
            );
            self.read_anew(&[partition]);
        }
        if !is_foreign {
            self.verification.begun.insert(partition, (generation, offset.unwrap_or(BEGINNING)));
        }
        self.context().watched().verified(partition);
    }

    /// Begins to read the topic that has replaced the former one, with a new client. The leader epochs of a new topic
    /// begin at 0. A client that knows higher epochs of the former topic ignores the metadata of the new one, and its
    /// fetches fail for ever.
    pub(super) fn begin_topic_anew(&mut self) -> Result<(), DependencyError> {
        let Some((former, successor)) = self.identity.replacement() else { return Ok(()) };
        let topic = &*self.topic;
        tracing::error!(
            topic,
            former,
            successor,
            "the topic was deleted and created again; it is read from its beginning"
        );
        let owned: Vec<i32> = self.context().owned().into_iter().map(|(partition, _)| partition).collect();
        // Offsets of the former topic are not committed when its client leaves the group.
        self.context().begin_anew(&owned);
        self.begin_anew("the topic was deleted and created again")?;
        self.identity.replace();
        metrics::counter!("tagmill_topic_replacements_total", "topic" => self.topic.to_string()).increment(1);
        Ok(())
    }

    /// Restarts partitions at offset 0. Batches of them that are in flight are no longer committed.
    fn read_anew(&mut self, partitions: &[i32]) {
        self.context().begin_anew(partitions);
        self.forget_revoked();
        self.restart.extend(partitions.iter().map(|&partition| (partition, 0)));
        for &partition in partitions {
            if let Some(generation) = self.context().generation(partition) {
                self.verification.begun.insert(partition, (generation, 0));
            }
        }
    }

    /// Seeks restarted partitions to offset 0 and commits that offset. A member that is killed now must not leave
    /// offsets of the former topic behind.
    pub(super) async fn restart(&mut self) -> Result<(), DependencyError> {
        let context = self.consumer.context();
        self.restart.retain(|&partition, _| context.generation(partition).is_some());
        let restart: BTreeMap<i32, i64> = self.restart.clone();
        if restart.is_empty() {
            return Ok(());
        }
        self.seek(restart.clone()).await?;
        self.context().set_due_commits(&restart);
        self.restart.clear();
        Ok(())
    }
}
