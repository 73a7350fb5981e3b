//! What the group has committed of partitions that come, and whether it belongs to the topic that goes by the name now.

use std::collections::{BTreeMap, HashMap};

use pipeline::Unavailable;
use rdkafka::{consumer::Consumer as _, error::KafkaError};
use tokio::{task::JoinHandle, time::Instant};

use super::{REPORT_EVERY, Source};
use crate::{consumer, epoch::Epoch, error::unavailable};

/// The committed offsets of partitions, asked for when they come.
///
/// Brokers delete the offsets of a deleted topic. Those that a member commits for it after that, before it has noticed,
/// would be taken for offsets of the topic that is created next; each says by its metadata whose it is.
#[derive(Debug, Default)]
pub(super) struct Verification {
    asking: Option<JoinHandle<Result<Vec<Committed>, KafkaError>>>,
    ask_at: Option<Instant>,
    /// Where each stay of a partition began.
    begun: HashMap<i32, (Epoch, i64)>,
}

/// Partition, offset, metadata.
type Committed = (i32, Option<i64>, String);

impl Verification {
    /// Where this stay of a partition began.
    pub(super) fn begin(&self, partition: i32, epoch: Epoch) -> Option<i64> {
        self.begun.get(&partition).filter(|(of, _)| *of == epoch).map(|(_, begin)| *begin)
    }

    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The answer; never, if nothing is asked.
    pub(super) async fn answer(&mut self) -> Result<Vec<Committed>, Unavailable> {
        match &mut self.asking {
            Some(asking) => asking.await.map_err(unavailable)?.map_err(unavailable),
            None => std::future::pending().await,
        }
    }
}

impl Source {
    /// Asks about the partitions that have come, unless somebody does already.
    pub(super) fn verify(&mut self) {
        let partitions = self.membership().watched().unverified();
        let is_due = self.verification.ask_at.is_none_or(|at| at <= Instant::now());
        if partitions.is_empty() || self.verification.is_asking() || !is_due {
            return;
        }
        let (consumer, topic) = (self.consumer.clone(), self.topic.clone());
        let ask = move || consumer::committed(&consumer, &topic, &partitions);
        self.verification.asking = Some(tokio::task::spawn_blocking(ask));
    }

    /// Takes in the answer. Partitions whose offsets belong to another topic are read from their beginning.
    pub(super) fn take_committed(&mut self, answer: Result<Vec<Committed>, Unavailable>) {
        self.verification.asking = None;
        let committed = match answer {
            Ok(committed) => committed,
            Err(error) => {
                tracing::warn!(
                    error = error.error,
                    "the committed offsets are not known yet; nothing is committed until then"
                );
                self.verification.ask_at = Some(Instant::now() + REPORT_EVERY);
                return;
            }
        };
        self.verification.ask_at = None;
        for (partition, offset, metadata) in committed {
            let Some(epoch) = self.membership().epoch(partition) else { continue };
            let is_foreign = self.membership().watched().identity().is_foreign(&metadata);
            if is_foreign {
                let (topic, former) = (&*self.topic, metadata.as_str());
                tracing::error!(
                    topic,
                    partition,
                    offset,
                    former,
                    "the committed offset belongs to a deleted topic of this name"
                );
                self.restart.insert(partition, 0);
            }
            let begin = offset.filter(|_| !is_foreign).unwrap_or(0);
            self.verification.begun.insert(partition, (epoch, begin));
            self.membership().watched().verified(partition);
        }
    }

    /// Begins with the topic that has taken the place of the one that was read so far.
    pub(super) fn begin_topic_anew(&mut self) {
        let Some((former, successor)) = self.membership().watched().identity().replace() else { return };
        let topic = &*self.topic;
        tracing::error!(
            topic,
            former,
            successor,
            "the topic was deleted and created again; it is read from its beginning"
        );
        metrics::counter!("tagmill_topic_replacements_total", "topic" => self.topic.to_string()).increment(1);
        self.membership().begin_anew();
        self.restart = self.membership().owned().into_iter().map(|(partition, _)| (partition, 0)).collect();
        self.forget_revoked();
    }

    /// Sets the partitions that begin anew to offset 0, and the group with them: a member that dies now must not leave the
    /// offsets of the former topic behind.
    pub(super) async fn restart(&mut self) -> Result<(), Unavailable> {
        let membership = self.consumer.context();
        self.restart.retain(|&partition, _| membership.epoch(partition).is_some());
        let restart: BTreeMap<i32, i64> = self.restart.clone();
        if restart.is_empty() {
            return Ok(());
        }
        self.seek(restart.clone()).await?;
        for (&partition, &begin) in &restart {
            if let Some(epoch) = self.membership().epoch(partition) {
                self.verification.begun.insert(partition, (epoch, begin));
            }
        }
        self.membership().reached(&restart);
        self.restart.clear();
        Ok(())
    }
}
