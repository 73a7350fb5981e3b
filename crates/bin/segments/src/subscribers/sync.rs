//! One sync of a subscription: batches, a transaction each, which lock it, read, send, record and commit.

use std::collections::BTreeSet;

use consumer::Failure;
use database::{Database, PgTimestamp, Statement, Transaction, statement};

use super::{
    due::{self, Work},
    metrics,
    record::{self, Counts, End, LogRun},
    scope::Scope,
    store::{self, Subscription, SyncState},
    target::{Stop, Takes},
    targets::{AnyTarget, Targets},
};
mod alive;
mod batch;
mod ending;
mod file;

const CLAIM: Statement = statement!("segments/syncs/claim_reconciliation");

/// Sends segments to subscribers.
#[derive(Debug, Clone)]
pub struct Subscribers {
    /// The connections of syncs.
    database: Database,
    /// For reads that wait for no sync.
    pub(super) reader: Database,
    pub(super) targets: Targets,
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Another process syncs the subscription.
    Busy,
    /// There is no such subscription, or nothing to do for it.
    Idle,
    /// The target has everything.
    Complete {
        /// Changes that it has acknowledged.
        acknowledged: i32,
        /// Changes that it has rejected.
        rejected: i32,
    },
    /// The target does not want or cannot take the changes. The text says why.
    Failed(String),
}

/// A sync that goes on over several transactions.
pub(super) struct Run<'a> {
    subscribers: &'a Subscribers,
    id: i32,
    work: Work,
    /// `None`: nothing was read yet.
    progress: Option<Progress>,
}

/// What was found out in the first transaction, and done since.
struct Progress {
    scope: Scope,
    visible: String,
    began_at: PgTimestamp,
    is_whole: bool,
    existed: bool,
    /// The changes of a file are noted.
    is_marked: bool,
    /// Memberships that this sync has noted last, so that no earlier one has sent them.
    marked: BTreeSet<i64>,
    log: LogRun,
    acknowledged: i32,
    rejected: i32,
}

/// A transaction that holds the lock of a subscription, and what it has read.
struct Locked {
    transaction: Transaction,
    subscription: Subscription,
    state: SyncState,
    target: AnyTarget,
}

impl Subscribers {
    /// Syncs with connections of their own; `reader` has those of everything else.
    #[must_use]
    pub const fn new(database: Database, reader: Database, targets: Targets) -> Self {
        Self { database, reader, targets }
    }

    /// Syncs a subscription until its target has everything, or does not take it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sync(&self, id: i32, work: Work) -> Result<Outcome, Failure> {
        let mut run = Run { subscribers: self, id, work, progress: None };
        loop {
            if let Some(outcome) = run.step().await? {
                return Ok(outcome);
            }
        }
    }
}

impl Run<'_> {
    /// One transaction. `None`: there is more to do.
    async fn step(&mut self) -> Result<Option<Outcome>, Failure> {
        let transaction = self.subscribers.database.begin_change().await?;
        if !store::try_lock(&transaction, self.id).await? {
            transaction.rollback().await?;
            return Ok(Some(Outcome::Busy));
        }
        let found = store::select(&transaction, self.id).await?;
        let Some((subscription, state)) = found.filter(|(found, state)| is_current(found, state)) else {
            transaction.rollback().await?;
            return Ok(Some(Outcome::Idle));
        };
        let target = self.subscribers.targets.of(&subscription);
        if subscription.is_ended {
            return ending::end(transaction, &subscription, &state, target).await.map(Some);
        }
        if self.progress.is_none() && !self.begin(&transaction, &subscription, &state).await? {
            transaction.commit().await?;
            return Ok(Some(Outcome::Busy));
        }
        match target.and_then(|target| valid_cron(&subscription).map(|()| target)) {
            Err(stop) => self.stopped(transaction, &subscription, &state, &stop).await.map(Some),
            Ok(target) => self.send(Locked { transaction, subscription, state, target }).await,
        }
    }

    /// Reads which users are compared. False: another subscription is being reconciled.
    async fn begin(
        &mut self,
        transaction: &Transaction,
        subscription: &Subscription,
        state: &SyncState,
    ) -> Result<bool, Failure> {
        let claims = matches!(self.work, Work::Request | Work::Reconcile);
        if claims && transaction.execute(&CLAIM, [&self.id]).await? == 0 {
            return Ok(false);
        }
        let is_whole = due::is_whole(self.work, state.reconciled_at, subscription.cron.is_some(), state.now);
        let scope = match state.seen.as_deref().filter(|_| !is_whole) {
            Some(seen) => Scope::since(transaction, subscription.segment_id, seen).await?,
            None => Scope::all(transaction).await?,
        };
        self.progress = Some(Progress {
            is_whole: matches!(scope, Scope::All { .. }),
            scope,
            visible: state.visible.clone(),
            began_at: state.now,
            existed: state.success_at.is_some() || state.members > 0,
            is_marked: false,
            marked: BTreeSet::new(),
            log: LogRun::of(subscription, state),
            acknowledged: 0,
            rejected: 0,
        });
        Ok(true)
    }

    async fn send(&mut self, locked: Locked) -> Result<Option<Outcome>, Failure> {
        let Some(mut progress) = self.progress.take() else { return Ok(Some(Outcome::Idle)) };
        if progress.log.run_id.is_none()
            && let Ok(Some(existed)) = locked.target.select(&locked.subscription.audience()).await
        {
            progress.existed = existed;
        }
        match locked.target.takes() {
            // The audience of mode full is replaced, so nothing is left of what was sent before.
            Takes::OneFile if !progress.is_marked && !locked.subscription.is_full => {
                self.progress = Some(file::mark(progress, locked).await?);
                Ok(None)
            }
            Takes::OneFile => file::send(&self.subscribers.database, progress, locked).await.map(Some),
            Takes::Batches => match batch::send(progress, locked).await? {
                batch::Sent::More(progress) => {
                    self.progress = Some(progress);
                    Ok(None)
                }
                batch::Sent::Ended(outcome) => Ok(Some(outcome)),
            },
        }
    }

    /// The subscription cannot be synced as it is.
    async fn stopped(
        &mut self,
        transaction: Transaction,
        subscription: &Subscription,
        state: &SyncState,
        stop: &Stop,
    ) -> Result<Outcome, Failure> {
        let Some(mut progress) = self.progress.take() else { return Ok(Outcome::Idle) };
        let counts = Counts { members: state.members, ..Counts::default() };
        progress.fail(&transaction, (subscription, state), counts, stop).await?;
        transaction.commit().await?;
        Ok(outcome_of(stop))
    }
}

impl Progress {
    fn count(&mut self, subscription: &Subscription, counts: Counts) {
        self.acknowledged += counts.acknowledged;
        self.rejected += counts.rejected;
        metrics::sent(&subscription.target, counts.acknowledged, counts.rejected);
    }

    async fn finish(
        &mut self,
        transaction: &Transaction,
        both: (&Subscription, &SyncState),
        counts: Counts,
    ) -> Result<Outcome, Failure> {
        let end = End { visible: &self.visible, began_at: self.began_at, is_whole: self.is_whole };
        record::finish(transaction, both, &mut self.log, counts, self.existed, &end).await?;
        Ok(Outcome::Complete { acknowledged: self.acknowledged, rejected: self.rejected })
    }

    async fn fail(
        &mut self,
        transaction: &Transaction,
        both: (&Subscription, &SyncState),
        counts: Counts,
        stop: &Stop,
    ) -> Result<(), Failure> {
        let pending = match &self.scope {
            Scope::Users(users) => i64::try_from(users.len()).unwrap_or(i64::MAX) + i64::from(counts.unsent),
            Scope::All { .. } => record::count_pending(transaction, both.0).await?,
        };
        record::fail(transaction, both, &mut self.log, (counts, self.existed), stop, pending).await?;
        let (result, error) = match stop {
            Stop::Gone(error) => ("gone", error),
            Stop::Retry { error, .. } => ("retry", error),
        };
        metrics::attempted(&both.0.target, result);
        tracing::warn!(subscription = both.0.id, target = both.0.target, error, "a subscription was not synced");
        Ok(())
    }
}

/// Whether there is something to do.
fn is_current(subscription: &Subscription, state: &SyncState) -> bool {
    !state.is_finished && (subscription.is_ended || subscription.status != "gone")
}

fn valid_cron(subscription: &Subscription) -> Result<(), Stop> {
    let Some(cron) = &subscription.cron else { return Ok(()) };
    cron.parse::<schedule::Cron>().map(drop).map_err(|error| Stop::retry(format!("cron: {error}")))
}

fn outcome_of(stop: &Stop) -> Outcome {
    match stop {
        Stop::Gone(error) | Stop::Retry { error, .. } => Outcome::Failed(error.clone()),
    }
}
