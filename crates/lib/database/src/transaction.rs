//! A transaction with its connection: pipelined statements, prepared or typed, commit and rollback.

use std::{
    future::ready,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use consumer::{DependencyError, Failure};
use futures_util::{
    FutureExt, TryStreamExt,
    future::{BoxFuture, Shared},
    join, poll,
};
use tokio::{sync::Mutex, time::timeout};
use tokio_postgres::{Error, Row, RowStream, Statement as Prepared};

use crate::{
    CopyIn, Parameter, Parameters, Statement,
    error::{failure, no_answer, unavailable},
    session::{Pooled, Session},
};

/// A transaction. If it is dropped before [`Transaction::commit`] returns `Ok`, its connection is closed, so the server
/// rolls back and the next transaction starts on a clean connection.
///
/// Statements may be in flight together: `try_join!(tx.execute(…), tx.execute(…))` sends both before either is
/// answered, and the server runs them in that order.
///
/// On a direct connection, statements are prepared once and then executed by name. Behind a pooler, each statement is
/// sent with its text. Planning is slower, but statements are pipelined as well, and the results are the same.
pub struct Transaction {
    session: Option<Pooled>,
    /// Locked while a statement is prepared and sent, so that statements stay in order.
    turn: Mutex<()>,
    /// The answer to `BEGIN`, which is sent with the first statements and costs no round trip of its own.
    begun: Shared<BoxFuture<'static, Result<(), DependencyError>>>,
    /// The timeout of an answer. It is longer than the server's own limits, for a server that does not answer at all.
    timeout_after: Duration,
    /// Whether the connection may be reused. It may not if plans were made without the settings of a batch.
    reusable: bool,
}

/// Longer than `statement_timeout` in `begin_batch.sql`. Otherwise a slow server looks unreachable.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(40);

/// Longer than `statement_timeout` in `begin_read_only.sql`.
const READ_ONLY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements on whole tables take as long as they take. A day is an upper limit, not an expectation.
const MAINTENANCE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

const BEGIN: &str = concat!(include_str!("sql/begin.sql"), include_str!("sql/stated.sql"));

const BEGIN_CHANGE: &str = concat!(include_str!("sql/begin_change.sql"), include_str!("sql/stated.sql"));
const BEGIN_STREAM: &str = concat!(include_str!("sql/begin_stream.sql"), include_str!("sql/stated.sql"));
const BEGIN_BATCH: &str = concat!(include_str!("sql/begin_batch.sql"), include_str!("sql/stated.sql"));
const BEGIN_READ_ONLY: &str = concat!(include_str!("sql/begin_read_only.sql"), include_str!("sql/stated.sql"));
const BEGIN_MAINTENANCE: &str = concat!(include_str!("sql/begin_maintenance.sql"), include_str!("sql/stated.sql"));

/// `COMMIT` of a failed transaction rolls back and reports success; the empty `SELECT` before it reports the failure.
const COMMIT: &str = "SELECT; COMMIT";

/// The rows of [`Transaction::stream`].
pub struct Rows {
    name: &'static str,
    rows: Pin<Box<RowStream>>,
}

impl Rows {
    /// The next row. `None`: there are no more.
    ///
    /// # Errors
    /// As [`Transaction::query`].
    pub async fn next(&mut self) -> Result<Option<Row>, Failure> {
        self.rows.try_next().await.map_err(|error| failure(self.name, &error))
    }
}

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

    pub(crate) async fn begin_change(session: Pooled) -> Result<Self, DependencyError> {
        Self::begin_as(session, BEGIN_CHANGE, STATEMENT_TIMEOUT, true).await
    }

    pub(crate) async fn begin_stream(session: Pooled) -> Result<Self, DependencyError> {
        Self::begin_as(session, BEGIN_STREAM, STATEMENT_TIMEOUT, true).await
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
        // Sends without waiting for the answer.
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
    /// [`Failure::InvalidData`] if a value is invalid, [`Failure::Dependency`] for any other error.
    pub async fn query<const N: usize>(
        &self,
        statement: &Statement,
        parameters: Parameters<'_, N>,
    ) -> Result<Vec<Row>, Failure> {
        self.query_with(statement, &parameters).await
    }

    /// The same with any number of parameters.
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

    /// Runs a statement and returns the number of affected rows.
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

    /// Runs a statement and returns its rows as they arrive: as few as the client takes are in memory.
    ///
    /// # Errors
    /// As [`Transaction::query`]. A later error is that of the stream.
    pub async fn stream(&self, statement: &Statement, parameters: &[&dyn Parameter]) -> Result<Rows, Failure> {
        let session = self.session()?;
        let answer = if session.server_info().direct {
            let values: Vec<_> = parameters.iter().map(|parameter| parameter.value()).collect();
            self.run(session, statement, async |prepared| session.query_raw(prepared, values).await).await
        } else {
            let typed: Vec<_> = parameters.iter().map(|parameter| (parameter.value(), parameter.kind())).collect();
            self.answer(statement.name, Box::pin(session.query_typed_raw(statement.sql, typed))).await
        };
        Ok(Rows { name: statement.name, rows: Box::pin(answer?) })
    }

    /// Begins a `COPY … FROM STDIN`. No other statement may be sent before it is finished.
    ///
    /// # Errors
    /// As [`Transaction::query`].
    pub async fn copy_in(&self, statement: &Statement) -> Result<CopyIn, Failure> {
        let sink = self.answer(statement.name, Box::pin(self.session()?.copy_in(statement.sql))).await?;
        Ok(CopyIn::new(statement.name, sink))
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// The commit failed, or its answer was lost, so that its result is unknown. The loop repeats both.
    pub async fn commit(self) -> Result<(), Failure> {
        self.end("commit", COMMIT).await
    }

    /// Rolls the transaction back and keeps the connection. Dropping rolls back as well, and closes the connection.
    ///
    /// # Errors
    /// The answer was lost. The transaction is rolled back nevertheless.
    pub async fn rollback(self) -> Result<(), Failure> {
        self.end("rollback", "ROLLBACK").await
    }

    /// Runs a prepared statement. It is prepared at its first use.
    async fn run<T>(
        &self,
        session: &Session,
        statement: &Statement,
        send: impl AsyncFnOnce(&Prepared) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        // On the heap: a batch has twenty of these in flight, and the stack of a debug build has several copies of
        // each.
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

    /// Waits for an answer and for the answer to `BEGIN`. If `BEGIN` failed, the statement ran without a transaction,
    /// and the remaining statements must not run.
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
        // Taken out of the pool, so the connection is closed, whatever is in flight on it.
        drop(self.session.take().map(Pooled::take));
    }
}
