//! A rebuild as the running service sees it, round by round.

use consumer::{DependencyError, Failure, Fault};
use database::{Database, Statement, statement};
use kafka::Group;
use metrics::gauge;
use uuid::Uuid;

use super::state::{Phase, State, complete, read};
use crate::Shared;

/// Looks after the rebuild of a service, if one is under way. Every replica does, and none is in charge.
pub struct Rebuild {
    database: Database,
    kafka: kafka::Settings,
    /// Held while a rebuild lasts: looking up a group takes longer than asking it.
    group: Option<Group>,
    /// What the log has been told.
    told: Option<(i64, Phase)>,
}

/// What is to be done about a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing: none is under way, or the topic is still being read.
    None,
    /// The group has committed every offset up to the targets: what is stored is complete.
    CaughtUp(State),
    /// What is stored is to be told.
    Publish(State),
}

impl Rebuild {
    /// For the service the shell is running.
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self { database: shared.database.clone(), kafka: shared.kafka.clone(), group: None, told: None }
    }

    /// The name of the service, under which its rebuild is noted.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.kafka.service
    }

    /// Looks what is to be done. One indexed read while no rebuild is under way.
    ///
    /// # Errors
    /// When the database or the brokers do not answer.
    pub async fn look(&mut self) -> Result<Step, Failure> {
        let transaction = self.database.begin_batch().await?;
        let state = read(&transaction, self.service()).await?;
        transaction.commit().await?;
        self.tell(state.as_ref());
        let Some(state) = state else {
            self.group = None;
            return Ok(Step::None);
        };
        if state.group != self.kafka.group_id {
            let (theirs, ours) = (&state.group, &self.kafka.group_id);
            let error = format!(
                "a rebuild of the group {theirs} is under way, and this is the group {ours}: nothing is told until `rebuild` \
                 has been run with this KAFKA_GROUP_ID"
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

    /// The rebuild is complete up to its targets: from now on what is stored may be told. `lock` waits for the batches
    /// that were told to keep silent, and holds up the others, so that whatever any of them has left out is stored when
    /// the telling begins.
    ///
    /// # Errors
    /// When the database does not do it; the next round tries again.
    pub async fn publish(&self, state: &State, lock: &Statement) -> Result<(), Failure> {
        let transaction = self.database.begin_batch().await?;
        transaction.execute(lock, []).await?;
        transaction.execute(&statement!("service/publish_rebuild"), [&self.service(), &state.id]).await?;
        transaction.commit().await
    }

    /// The counters of the users up to `told` are told, and acknowledged. `false`: another replica was faster, and goes on.
    ///
    /// # Errors
    /// When the database does not do it; the same users are then told again.
    pub async fn advance(&self, state: &State, told: Uuid) -> Result<bool, Failure> {
        let transaction = self.database.begin_batch().await?;
        let statement = statement!("service/advance_rebuild");
        let moved = transaction.execute(&statement, [&self.service(), &state.id, &state.published_to, &told]).await?;
        transaction.commit().await?;
        Ok(moved == 1)
    }

    /// Everything is told: the rebuild is over.
    ///
    /// # Errors
    /// When the database does not do it; the next round tries again.
    pub async fn complete(&self, state: &State) -> Result<(), Failure> {
        let transaction = self.database.begin_batch().await?;
        complete(&transaction, self.service(), state).await?;
        transaction.commit().await
    }

    /// Records below the targets that the group has yet to commit.
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

    /// Shows the phase, and logs it when it is a new one.
    fn tell(&mut self, state: Option<&State>) {
        let now = state.map(|state| (state.id, state.phase));
        gauge!("tagmill_rebuild_phase").set(match now {
            None => 0,
            Some((_, Phase::Replaying)) => 1,
            Some((_, Phase::Publishing)) => 2,
        });
        // Also where there never was one, so that a graph shows 0 and not a gap.
        if !matches!(now, Some((_, Phase::Replaying))) {
            gauge!("tagmill_rebuild_remaining_records").set(0.0);
        }
        if self.told == now {
            return;
        }
        match (now, state) {
            (Some((_, Phase::Replaying)), Some(state)) => {
                tracing::info!(
                    records = state.targets.iter().sum::<i64>(),
                    "a rebuild is under way: reading the topic again"
                );
            }
            (Some((_, Phase::Publishing)), _) => {
                tracing::info!("the rebuild has caught up: telling what came of it");
            }
            _ => tracing::info!("the rebuild is complete"),
        }
        self.told = now;
    }
}

/// Records before the targets that are not committed.
fn behind(targets: &[i64], committed: &[Option<i64>]) -> i64 {
    targets.iter().zip(committed).map(|(target, committed)| (target - committed.unwrap_or(0)).max(0)).sum()
}

/// For a question in the loop: whatever Kafka says, it is asked again.
fn unavailable(error: kafka::Error) -> Failure {
    match error {
        kafka::Error::Unavailable(unavailable) => unavailable.into(),
        error => DependencyError::new(kafka::KAFKA, error).into(),
    }
}
