//! Supervision of a rebuild by the running service, in every background round.

use consumer::{DependencyError, Failure, Fault};
use database::{Database, Statement, statement};
use kafka::Group;
use metrics::gauge;
use uuid::Uuid;

use super::state::{Phase, State, complete, read};
use crate::Shared;

/// Supervises the rebuild of a service, if one is in progress. Every replica does so, without a leader.
pub struct Rebuild {
    database: Database,
    kafka: kafka::Settings,
    /// Kept during a rebuild, because finding the coordinator of a group takes longer than a request.
    group: Option<Group>,
    /// The phase that was logged last.
    reported: Option<(i64, Phase)>,
}

/// The next step of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// None: no rebuild is in progress, or the topic is still being read.
    None,
    /// The group has committed every offset up to the targets: the stored rows are complete.
    CaughtUp(State),
    /// The stored rows must be published.
    Publish(State),
}

impl Rebuild {
    /// For the running service.
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self { database: shared.database.clone(), kafka: shared.kafka.clone(), group: None, reported: None }
    }

    /// The name of the service, the key of its rebuild.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.kafka.service
    }

    /// Returns the next step. Costs one indexed read while no rebuild is in progress.
    ///
    /// # Errors
    /// When the database or the brokers do not answer.
    pub async fn look(&mut self) -> Result<Step, Failure> {
        let transaction = self.database.begin_batch().await?;
        let state = read(&transaction, self.service()).await?;
        transaction.commit().await?;
        self.report(state.as_ref());
        let Some(state) = state else {
            self.group = None;
            return Ok(Step::None);
        };
        if state.group != self.kafka.group_id {
            let (theirs, ours) = (&state.group, &self.kafka.group_id);
            let error = format!(
                "a rebuild of the group {theirs} is in progress, and this is the group {ours}: nothing is published until \
                 `rebuild` is run with this KAFKA_GROUP_ID"
            );
            return Err(DependencyError::new(kafka::KAFKA, error)
                .with(Fault::Rejected("another group".to_owned()))
                .into());
        }
        match state.phase {
            Phase::Publishing => Ok(Step::Publish(state)),
            Phase::Replaying if self.remaining(&state.targets).await? == 0 => Ok(Step::CaughtUp(state)),
            Phase::Replaying => Ok(Step::None),
        }
    }

    /// Begins the phase `publishing`, after the topic has been read up to the targets. `lock` waits for the batches that
    /// publish nothing, and blocks new ones, so that all their rows are stored when publishing begins.
    ///
    /// # Errors
    /// When the database does not answer; the next round tries again.
    pub async fn publish(&self, state: &State, lock: &Statement) -> Result<(), Failure> {
        let transaction = self.database.begin_batch().await?;
        transaction.execute(lock, []).await?;
        transaction.execute(&statement!("service/publish_rebuild"), [&self.service(), &state.id]).await?;
        transaction.commit().await
    }

    /// Records that the counters of the users up to `user` are published and acknowledged. Returns `false` if another
    /// replica has recorded progress first.
    ///
    /// # Errors
    /// When the database does not answer; the same users are then published again.
    pub async fn advance(&self, state: &State, user: Uuid) -> Result<bool, Failure> {
        let transaction = self.database.begin_batch().await?;
        let statement = statement!("service/advance_rebuild");
        let moved = transaction.execute(&statement, [&self.service(), &state.id, &state.published_to, &user]).await?;
        transaction.commit().await?;
        Ok(moved == 1)
    }

    /// Ends the rebuild, after everything is published.
    ///
    /// # Errors
    /// When the database does not answer; the next round tries again.
    pub async fn complete(&self, state: &State) -> Result<(), Failure> {
        let transaction = self.database.begin_batch().await?;
        complete(&transaction, self.service(), state).await?;
        transaction.commit().await
    }

    /// The number of records below the targets that the group has not committed.
    async fn remaining(&mut self, targets: &[i64]) -> Result<i64, Failure> {
        let group = match &mut self.group {
            Some(group) => group,
            none => none.insert(Group::connect(&self.kafka).map_err(unavailable)?),
        };
        let committed = group.committed(targets.len()).await.map_err(unavailable)?;
        let mut remaining = behind(targets, &committed);
        if remaining > 0 {
            // A topic that was created again may end before the targets.
            let ends = group.ends(targets.len()).await.map_err(unavailable)?;
            let reachable: Vec<_> = targets.iter().zip(ends).map(|(&target, end)| target.min(end)).collect();
            remaining = behind(&reachable, &committed);
        }
        #[expect(clippy::cast_precision_loss, reason = "2^53 records are more than a topic holds")]
        gauge!("tagmill_rebuild_remaining_records").set(remaining as f64);
        Ok(remaining)
    }

    /// Exports the phase as a metric, and logs a change of it.
    fn report(&mut self, state: Option<&State>) {
        let now = state.map(|state| (state.id, state.phase));
        gauge!("tagmill_rebuild_phase").set(match now {
            None => 0,
            Some((_, Phase::Replaying)) => 1,
            Some((_, Phase::Publishing)) => 2,
        });
        // Also without any rebuild, so that a graph shows 0 and not a gap.
        if !matches!(now, Some((_, Phase::Replaying))) {
            gauge!("tagmill_rebuild_remaining_records").set(0.0);
        }
        if self.reported == now {
            return;
        }
        match (now, state) {
            (Some((_, Phase::Replaying)), Some(state)) => {
                tracing::info!(
                    records = state.targets.iter().sum::<i64>(),
                    "a rebuild is in progress: reading the topic again"
                );
            }
            (Some((_, Phase::Publishing)), _) => {
                tracing::info!("the rebuild has read the topic: publishing the result");
            }
            _ => tracing::info!("the rebuild is complete"),
        }
        self.reported = now;
    }
}

/// The number of records below the targets that are not committed.
fn behind(targets: &[i64], committed: &[Option<i64>]) -> i64 {
    targets.iter().zip(committed).map(|(target, committed)| (target - committed.unwrap_or(0)).max(0)).sum()
}

/// Converts an error of a request in the loop, which is always repeated.
fn unavailable(error: kafka::Error) -> Failure {
    match error {
        kafka::Error::Unavailable(unavailable) => unavailable.into(),
        error => DependencyError::new(kafka::KAFKA, error).into(),
    }
}
