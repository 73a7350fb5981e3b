//! One refresh of a segment: its lock, its sources, the desired set, and one transaction that applies it.

use std::time::Duration;

use consumer::Failure;
use database::{Statement, Transaction, get, statement};
use serde_json::json;

use self::outcome::{Outcome, State};
use super::{
    Refresher,
    automatic::{self, Automatic},
    cannot_desire::CannotDesire,
    desire::desire,
    fresh::Freshness,
    guard, log,
    login::SqlError,
};
use crate::changes::{
    Cause,
    refresh::{self, Refreshed},
};

pub(super) mod outcome;

const TRY_LOCK: Statement = statement!("segments/refresh/try_lock_refresh");
const SET_IDLE_TIMEOUT: Statement = statement!("segments/refresh/set_idle_timeout");

/// How much longer than the query of a segment its transaction may be idle.
const MARGIN: Duration = Duration::from_secs(60);

/// A refresh that holds the lock of the refreshes of its segment.
pub(super) struct Run {
    refresher: Refresher,
    transaction: Transaction,
    segment: Automatic,
    cause: Cause,
}

/// A refresh with a row in the log.
pub(super) struct Recorded {
    run: Run,
    run_id: i64,
}

/// Why a segment cannot be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotRefresh {
    /// There is none with this name.
    Unknown,
    /// It is deleted.
    Deleted,
    /// It has no `refresh_params`.
    NotAutomatic,
    /// Another process refreshes it.
    Busy,
}

impl Run {
    /// Takes the lock. `None`: another process has it, or with `only_due` the segment is not due any more.
    pub(super) async fn begin(
        refresher: &Refresher,
        segment_id: i32,
        only_due: bool,
        cause: &Cause,
    ) -> Result<Option<Self>, Failure> {
        let transaction = refresher.database.begin_maintenance().await?;
        let idle = i64::try_from((refresher.timeout + MARGIN).as_millis()).unwrap_or(i64::MAX);
        transaction.query(&SET_IDLE_TIMEOUT, [&idle]).await?;
        let rows = transaction.query(&TRY_LOCK, [&segment_id]).await?;
        let is_ours = rows.first().map_or(Ok(false), |row| get(row, 0))?;
        // After the lock: another replica may have refreshed it.
        let segment = if is_ours { automatic::by_id(&transaction, segment_id).await? } else { None };
        match segment.filter(|segment| !only_due || segment.due().is_some()) {
            Some(segment) => {
                log::abandon(&refresher.database, segment.id).await?;
                Ok(Some(Self { refresher: refresher.clone(), transaction, segment, cause: cause.clone() }))
            }
            None => transaction.rollback().await.map(|()| None),
        }
    }

    /// Skips the segment if a source is stale; the reason is recorded once. A source that cannot be asked fails the run.
    pub(super) async fn unless_stale(self) -> Result<Option<Self>, Failure> {
        match self.refresher.freshness(&self.segment.sources).await? {
            Ok(Freshness::Stale(reason)) => {
                if log::skip(&self.refresher.database, &self.segment, &reason).await? {
                    tracing::warn!(segment = self.segment.segment_id, reason, "a segment is not refreshed");
                }
                self.transaction.rollback().await.map(|()| None)
            }
            Ok(Freshness::Fresh(_)) | Err(_) => Ok(Some(self)),
        }
    }

    /// Records the run in the log.
    pub(super) async fn record(self) -> Result<Recorded, Failure> {
        let run_id = log::begin(&self.refresher.database, &self.segment).await?;
        Ok(Recorded { run: self, run_id })
    }
}

impl Recorded {
    /// The run in the log.
    pub(super) const fn run_id(&self) -> i64 {
        self.run_id
    }

    /// Refreshes the segment, and records the end. With `force`, any number of members may leave.
    pub(super) async fn finish(self, force: bool) -> Result<Outcome, Failure> {
        let Self { run, run_id } = self;
        let (database, segment_id) = (run.refresher.database.clone(), run.segment.segment_id);
        let outcome = match run.refresh(run_id, force).await {
            Ok(outcome) => outcome,
            Err(CannotDesire::Failed(message)) => Outcome::new(run_id, State::Failed, message),
            Err(CannotDesire::Failure(failure)) => {
                let error = failure.into_dependency_error(database::POSTGRES).error;
                Outcome::new(run_id, State::Failed, error)
            }
        };
        if outcome.state != State::Success {
            log::fail(&database, segment_id, run_id, &outcome).await?;
            // The message may have values of rows, so it is in the table only.
            let state = outcome.state.name();
            tracing::warn!(segment = segment_id, run = run_id, state, "a segment was not refreshed");
        }
        crate::metrics::refreshed(outcome.state.name());
        Ok(outcome)
    }
}

impl Run {
    async fn refresh(self, run_id: i64, force: bool) -> Result<Outcome, CannotDesire> {
        let Self { refresher, transaction, segment, cause } = self;
        let warning = match refresher.freshness(&segment.sources).await? {
            Ok(Freshness::Fresh(warning)) => warning,
            Ok(Freshness::Stale(reason)) => return Ok(Outcome::new(run_id, State::Skip, reason)),
            Err(SqlError(error)) => return Err(CannotDesire::Failed(error)),
        };
        if let Some(cron) = &segment.cron {
            let parsed = cron.parse::<schedule::Cron>();
            parsed.map_err(|error| CannotDesire::Failed(format!("refresh_cron: {error}")))?;
        }
        let params = segment.params().map_err(|error| CannotDesire::Failed(error.to_string()))?;
        let (read, received) = desire(&refresher, &transaction, &segment, &params).await?;
        failpoint::pass("desired");
        let locked = refresh::lock(&transaction, segment.segment_id).await?;
        let after = automatic::by_id(&transaction, segment.segment_id).await?;
        if after.is_none_or(|after| after.has_changed(&segment) || !after.is_alive) {
            return Err(CannotDesire::Failed("the segment was changed while it was refreshed".to_owned()));
        }
        let reject = |difference: &_| if force { None } else { guard::reject(difference, params.max_leavers()) };
        let detail = json!({ "run_id": run_id, "kind": params.kind(), "received": received.rows });
        let refreshed = refresh::apply(&transaction, &locked, &read, &cause, detail, reject).await?;
        let mut outcome = match refreshed {
            Refreshed::Rejected(reason) => Outcome::new(run_id, State::Rejected, reason),
            Refreshed::Applied { message, members } => {
                let message = warning.map_or_else(|| message.clone(), |warning| format!("{message}; {warning}"));
                Outcome { coverage: i32::try_from(members).ok(), ..Outcome::new(run_id, State::Success, message) }
            }
        };
        outcome.received = i32::try_from(received.rows).ok();
        outcome.invalid = i32::try_from(received.invalid).ok();
        if outcome.state == State::Success {
            log::finish(&transaction, run_id, &outcome).await?;
            failpoint::pass("refreshed");
            transaction.commit().await?;
        }
        Ok(outcome)
    }
}
