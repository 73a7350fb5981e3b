//! One transaction, which owns its connection: nothing of it outlives a failure.

use std::{future::ready, pin::pin, task::Poll, time::Duration};

use consumer::{DependencyError, Failure};
use futures_util::{
    FutureExt, TryStreamExt,
    future::{BoxFuture, Shared},
    join, poll,
};
use tokio::{sync::Mutex, time::timeout};
use tokio_postgres::{Error, Row, Statement as Prepared};

use crate::{
    Parameter, Parameters, Statement,
    error::{failure, no_answer, unavailable},
    session::{Pooled, Session},
};

/// A transaction of the warehouse. Dropped before [`Transaction::commit`] returns `Ok`, it takes its connection with it,
/// so the server rolls back and the next transaction starts clean.
///
/// Statements may be in flight together: `try_join!(tx.execute(…), tx.execute(…))` sends both before either is answered
/// and the server runs them in that order.
///
/// On a direct connection statements are prepared once and called by name from then on. Behind a pooler each is sent
/// whole: slower to plan, but as pipelined, and all the same otherwise.
pub struct Transaction {
    session: Option<Pooled>,
    /// Held while a statement is prepared and sent, so that one which has to be prepared first is not overtaken.
    turn: Mutex<()>,
    /// The answer to `BEGIN`, which travels with the first statements instead of costing a round trip of its own.
    begun: Shared<BoxFuture<'static, Result<(), DependencyError>>>,
    /// How long to wait for an answer; beyond the server's own limits, so this is for a server that says nothing at all.
    timeout_after: Duration,
    /// Whether the next transaction may have the connection: not if plans were made without the guards of a batch.
    reusable: bool,
}

/// Longer than `statement_timeout` in `begin_batch.sql`, or a slow server looks like a dead one.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(40);

/// Longer than `statement_timeout` in `begin_read_only.sql`.
const READ_ONLY_TIMEOUT: Duration = Duration::from_secs(5);

/// What goes through whole tables is done when it is done; a day is a bound, not an expectation.
const MAINTENANCE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

const BEGIN: &str = concat!(include_str!("sql/begin.sql"), include_str!("sql/stated.sql"));

const BEGIN_BATCH: &str = concat!(include_str!("sql/begin_batch.sql"), include_str!("sql/stated.sql"));
const BEGIN_READ_ONLY: &str = concat!(include_str!("sql/begin_read_only.sql"), include_str!("sql/stated.sql"));
const BEGIN_MAINTENANCE: &str = concat!(include_str!("sql/begin_maintenance.sql"), include_str!("sql/stated.sql"));

/// `COMMIT` of a failed transaction rolls back and reports success; the empty `SELECT` before it reports the failure.
const COMMIT: &str = "SELECT; COMMIT";

impl Transaction {
    pub(crate) async fn begin(session: Pooled) -> Result<Self, DependencyError> {
        Self::begin_as(session, BEGIN, STATEMENT_TIMEOUT, true).await
    }

    pub(crate) async fn begin_batch(session: Pooled) -> Result<Self, DependencyError> {
        Self::begin_as(session, BEGIN_BATCH, STATEMENT_TIMEOUT, true).await
    }

    pub(crate) async fn begin_read_only(session: Pooled) -> Result<Self, DependencyError> {
        Self::begin_as(session, BEGIN_READ_ONLY, READ_ONLY_TIMEOUT, true).await
    }

    pub(crate) async fn begin_maintenance(session: Pooled) -> Result<Self, DependencyError> {
        Self::begin_as(session, BEGIN_MAINTENANCE, MAINTENANCE_TIMEOUT, false).await
    }

    async fn begin_as(
        session: Pooled,
        sql: &str,
        timeout_after: Duration,
        reusable: bool,
    ) -> Result<Self, DependencyError> {
        // Sends, and returns without waiting for the answer.
        let answers = session.simple_query_raw(sql).await.map_err(|error| unavailable("begin", &error))?;
        let begun =
            answers.try_for_each(|_| ready(Ok(()))).map(|result| result.map_err(|error| unavailable("begin", &error)));
        Ok(Self {
            session: Some(session),
            turn: Mutex::default(),
            begun: begun.boxed().shared(),
            timeout_after,
            reusable,
        })
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    /// [`Failure::InvalidData`] when a value does not fit, [`Failure::Dependency`] for everything else.
    pub async fn query<const N: usize>(
        &self,
        statement: &Statement,
        parameters: Parameters<'_, N>,
    ) -> Result<Vec<Row>, Failure> {
        self.query_with(statement, &parameters).await
    }

    /// The same with as many parameters as come together.
    ///
    /// # Errors
    /// As [`Transaction::query`].
    pub async fn query_with(&self, statement: &Statement, parameters: &[&dyn Parameter]) -> Result<Vec<Row>, Failure> {
        let session = self.session()?;
        if session.server_info().direct {
            let values: Vec<_> = parameters.iter().map(|parameter| parameter.value()).collect();
            self.run(session, statement, async |prepared| session.query(prepared, &values).await).await
        } else {
            let typed: Vec<_> = parameters.iter().map(|parameter| (parameter.value(), parameter.kind())).collect();
            self.answer(statement.name, Box::pin(session.query_typed(statement.sql, &typed))).await
        }
    }

    /// Runs a statement and returns how many rows it touched.
    ///
    /// # Errors
    /// As [`Transaction::query`].
    pub async fn execute<const N: usize>(
        &self,
        statement: &Statement,
        parameters: Parameters<'_, N>,
    ) -> Result<u64, Failure> {
        let session = self.session()?;
        if session.server_info().direct {
            let values = parameters.map(Parameter::value);
            self.run(session, statement, async |prepared| session.execute(prepared, &values).await).await
        } else {
            let typed = parameters.map(|parameter| (parameter.value(), parameter.kind()));
            self.answer(statement.name, Box::pin(session.execute_typed(statement.sql, &typed))).await
        }
    }

    /// Makes it last.
    ///
    /// # Errors
    /// When it did not, and when nobody knows whether it did: the answer was lost. Both are repeated.
    pub async fn commit(self) -> Result<(), Failure> {
        self.end("commit", COMMIT).await
    }

    /// Undoes it, and keeps the connection. Dropping undoes it as well, and closes the connection.
    ///
    /// # Errors
    /// When the answer was lost; it is undone all the same.
    pub async fn rollback(self) -> Result<(), Failure> {
        self.end("rollback", "ROLLBACK").await
    }

    /// Runs a statement by name, which it is given the first time.
    async fn run<T>(
        &self,
        session: &Session,
        statement: &Statement,
        send: impl AsyncFnOnce(&Prepared) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        // On the heap: a flight holds twenty of these, and the stack of a debug build holds each several times over.
        let answered = Box::pin(async {
            let turn = self.turn.lock().await;
            let prepared = session.prepare_cached(statement.sql).await?;
            let mut answer = pin!(send(&prepared));
            let sent = poll!(answer.as_mut());
            drop(turn);
            match sent {
                Poll::Ready(answer) => answer,
                Poll::Pending => answer.await,
            }
        });
        self.answer(statement.name, answered).await
    }

    async fn end(mut self, name: &'static str, sql: &str) -> Result<(), Failure> {
        self.answer(name, self.session()?.batch_execute(sql)).await?;
        if self.reusable {
            drop(self.session.take());
        }
        Ok(())
    }

    /// Waits for an answer and for that to `BEGIN`. If `BEGIN` was not obeyed, the statement ran on its own, and what the
    /// batch still has to say must not.
    async fn answer<T>(
        &self,
        name: &'static str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        let both = async { join!(self.begun.clone(), answer) };
        let (begun, answer) =
            timeout(self.timeout_after, both).await.map_err(|_| no_answer(name, self.timeout_after))?;
        begun?;
        answer.map_err(|error| failure(name, &error))
    }

    fn session(&self) -> Result<&Session, DependencyError> {
        self.session.as_deref().ok_or_else(|| DependencyError::new(crate::POSTGRES, "the transaction is over"))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // Out of the pool: the connection closes, whatever was in flight on it.
        drop(self.session.take().map(Pooled::take));
    }
}
