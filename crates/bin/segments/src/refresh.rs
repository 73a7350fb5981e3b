//! Automatic segments: when a refresh is due, whether its sources are fresh, who should be a member, and the log of runs.
//!
//! [`params`], [`due`], [`fresh`] and [`guard`] are pure. A run ([`run`]) holds a lock of its own, so that one replica
//! refreshes a segment. It reads the desired set into a temporary table without the lock of the segment ([`desire`]), and
//! applies it in one transaction with the operation and the row of the log. SQL of people runs with a login of its own
//! ([`login`]).

use std::{sync::Arc, time::Duration};

use consumer::Failure;
use database::Database;
use runtime::StartupError;

pub use self::{
    automatic::Automatic,
    log::{LogFilter, LogRow},
    login::Login,
    params::{Invalid, Params},
    preview::{CannotPreview, Preview},
    run::CannotRefresh,
    run::outcome::{Outcome, State},
    sources::{Deleted, Source},
};
use crate::changes::Cause;

pub mod params;
pub mod due;
pub mod fresh;
pub mod guard;
mod automatic;
pub mod settings;
mod login;
mod cannot_desire;
mod query;
mod sources;
mod desire;
mod log;
mod run;
mod preview;
pub(crate) mod scheduler;
pub(crate) mod command;

/// Refreshes segments of one database.
#[derive(Debug, Clone)]
pub struct Refresher {
    database: Database,
    /// The login for SQL of people. `None`: no SQL runs.
    login: Option<Arc<Login>>,
    timeout: Duration,
}

impl Refresher {
    /// Refreshes in this database; SQL of people runs with `login`, for `timeout` at most.
    #[must_use]
    pub fn new(database: Database, login: Option<Login>, timeout: Duration) -> Self {
        Self { database, login: login.map(Arc::new), timeout }
    }

    /// Checks that the login for SQL of people has few rights.
    ///
    /// # Errors
    /// It has too many, or a database does not answer.
    pub async fn verify(&self) -> Result<(), StartupError> {
        match &self.login {
            Some(login) => login.verify(&self.database).await,
            None => Ok(()),
        }
    }

    /// Starts the refresh of a segment in the background, and returns the number of its run in the log. If one runs
    /// already, that one.
    ///
    /// # Errors
    /// There is no such segment, it is not automatic, or the database does not answer.
    pub async fn start(&self, name: &str, force: bool, cause: &Cause) -> Result<Result<i64, CannotRefresh>, Failure> {
        let automatic = match self.find(name).await? {
            Ok(automatic) => automatic,
            Err(cannot) => return Ok(Err(cannot)),
        };
        let Some(run) = run::Run::begin(self, automatic.segment_id, false, cause).await? else {
            let last = log::last(&self.database, automatic.id).await?;
            return Ok(last.map(|last| last.run_id).ok_or(CannotRefresh::Busy));
        };
        let run = run.record().await?;
        let run_id = run.run_id();
        tokio::spawn(async move {
            if let Err(failure) = run.finish(force).await {
                crate::metrics::refresh_failed(run_id, failure);
            }
        });
        Ok(Ok(run_id))
    }

    /// Refreshes a segment and waits for it.
    ///
    /// # Errors
    /// There is no such segment, it is not automatic, another process refreshes it, or the database does not answer.
    pub async fn refresh(
        &self,
        name: &str,
        force: bool,
        cause: &Cause,
    ) -> Result<Result<Outcome, CannotRefresh>, Failure> {
        match self.find(name).await? {
            Ok(automatic) => {
                let run = run::Run::begin(self, automatic.segment_id, false, cause).await?;
                let Some(run) = run else { return Ok(Err(CannotRefresh::Busy)) };
                Ok(Ok(run.record().await?.finish(force).await?))
            }
            Err(cannot) => Ok(Err(cannot)),
        }
    }

    /// The automatic segment with this name.
    async fn find(&self, name: &str) -> Result<Result<Automatic, CannotRefresh>, Failure> {
        let found = automatic::find(&self.database, name).await?;
        Ok(match found {
            None => Err(CannotRefresh::Unknown),
            Some(found) if !found.is_alive => Err(CannotRefresh::Deleted),
            Some(found) if found.params.is_none() => Err(CannotRefresh::NotAutomatic),
            Some(found) => Ok(found),
        })
    }
}
