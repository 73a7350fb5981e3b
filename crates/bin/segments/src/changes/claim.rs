//! A change with an Idempotency-Key: the key is claimed first, and the answer is stored in the same transaction.

use consumer::{Failure, Fault};
use database::{Parameter, Row, Statement, Transaction, get, statement};
use futures_util::try_join;

use super::{
    Cause, Changes, Error,
    assign::{self, Assigned, CannotAssign},
    plan::{Plan, State, Who, Wish},
    user,
};
use crate::percent::Assign;

const SET_LOCK_TIMEOUT: Statement = statement!("segments/idempotency/set_lock_timeout");
const CLAIM: Statement = statement!("segments/idempotency/claim_key");
const SELECT: Statement = statement!("segments/idempotency/select_answer");
const STORE: Statement = statement!("segments/idempotency/store_answer");
const DELETE_OLD: Statement = statement!("segments/idempotency/delete_old_answers");

/// The lock timeout of `begin_change`, and of a transaction of any length.
const LOCK_TIMEOUT: &str = "5s";
const LONG_LOCK_TIMEOUT: &str = "1min";

/// The time for which a request waits for another one with the same key.
const CLAIM_TIMEOUT: &str = "2s";

/// SQLSTATE `lock_not_available`.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// An Idempotency-Key.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who sends the request: keys of different callers have nothing to do with each other.
    pub caller: String,
    /// The key.
    pub key: String,
}

/// An answer that is stored with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The transaction of a request. Dropped without [`Change::commit`], it changes nothing.
pub struct Change {
    pub(super) transaction: Transaction,
    claim: Option<Claim>,
}

/// How a request begins.
pub enum Begun {
    /// It is new.
    New(Box<Change>),
    /// The key has an answer.
    Stored {
        /// Of the request that was answered.
        fingerprint: String,
        /// The answer.
        answer: Answer,
    },
}

/// Another request with this key has not ended after two seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StillRunning;

impl Changes {
    /// Begins the transaction of a request, and claims its key.
    ///
    /// # Errors
    /// Another request with this key runs, or the database does not answer.
    pub async fn begin(&self, claim: Option<Claim>) -> Result<Begun, Error<StillRunning>> {
        let transaction = self.database.begin_change().await?;
        begin(transaction, claim, LOCK_TIMEOUT).await
    }

    /// The same for a request that takes minutes.
    ///
    /// # Errors
    /// Another request with this key runs, or the database does not answer.
    pub async fn begin_long(&self, claim: Option<Claim>) -> Result<Begun, Error<StillRunning>> {
        let transaction = self.database.begin_maintenance().await?;
        begin(transaction, claim, LONG_LOCK_TIMEOUT).await
    }

    /// Deletes stored answers that are more than a day old.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn delete_old_answers(&self) -> Result<(), Failure> {
        let transaction = self.database.begin_change().await?;
        transaction.execute(&DELETE_OLD, []).await?;
        transaction.commit().await
    }
}

async fn begin(
    transaction: Transaction,
    claim: Option<Claim>,
    lock_timeout: &str,
) -> Result<Begun, Error<StillRunning>> {
    let Some(given) = &claim else { return Ok(Begun::New(Box::new(Change { transaction, claim }))) };
    let Claim { caller, key } = given;
    let claimed = try_join!(
        transaction.query(&SET_LOCK_TIMEOUT, [&CLAIM_TIMEOUT]),
        transaction.query(&CLAIM, [caller, key]),
        transaction.query(&SET_LOCK_TIMEOUT, [&lock_timeout]),
    );
    let rows = match claimed {
        Ok((_, rows, _)) => rows,
        Err(Failure::Dependency(error)) if error.fault == Fault::Rejected(LOCK_NOT_AVAILABLE.to_owned()) => {
            transaction.rollback().await?;
            return Err(Error::Rejected(StillRunning));
        }
        Err(failure) => return Err(failure.into()),
    };
    if !rows.is_empty() {
        return Ok(Begun::New(Box::new(Change { transaction, claim })));
    }
    let rows = transaction.query(&SELECT, [caller, key]).await?;
    transaction.rollback().await?;
    // It was deleted between the two statements: it is more than a day old.
    let Some(row) = rows.first() else { return Err(Error::Rejected(StillRunning)) };
    let status: i32 = get::<Option<i32>>(row, 1)?.unwrap_or_default();
    let body = get::<Option<String>>(row, 2)?.unwrap_or_default();
    let answer = Answer { status: u16::try_from(status).unwrap_or(200), body };
    Ok(Begun::Stored { fingerprint: get::<Option<String>>(row, 0)?.unwrap_or_default(), answer })
}

impl Change {
    /// Changes the memberships of one user, see [`Changes::change_user`]. `None`: there is nothing to change.
    ///
    /// # Errors
    /// That of `decide`, or the database does not answer.
    pub async fn user<E>(
        &self,
        who: &Who,
        names: &[&str],
        cause: &Cause,
        decide: impl FnOnce(&State) -> Result<Vec<Wish>, E>,
    ) -> Result<Option<(i64, Plan)>, Error<E>> {
        user::change(&self.transaction, who, names, cause, decide).await
    }

    /// Assigns a percentage, see [`Changes::assign`].
    ///
    /// # Errors
    /// The segment, or one to include or exclude, does not allow it, or the database does not answer.
    pub async fn assign(&self, name: &str, assign: &Assign, cause: &Cause) -> Result<Assigned, Error<CannotAssign>> {
        assign::assign_in(&self.transaction, name, assign, cause).await
    }

    /// The rows of a statement that reads, with the changes so far.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(&self, statement: &Statement, parameters: &[&dyn Parameter]) -> Result<Vec<Row>, Failure> {
        self.transaction.query_with(statement, parameters).await
    }

    /// Stores the answer, if the request has a key, and commits.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn commit(self, fingerprint: &str, answer: &Answer) -> Result<(), Failure> {
        if let Some(Claim { caller, key }) = &self.claim {
            let (status, body) = (i32::from(answer.status), &answer.body);
            self.transaction.execute(&STORE, [caller, key, &fingerprint, &status, &body]).await?;
        }
        failpoint::pass("answered");
        self.transaction.commit().await?;
        failpoint::pass("committed");
        Ok(())
    }

    /// Gives everything up, and keeps the connection.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn rollback(self) -> Result<(), Failure> {
        self.transaction.rollback().await
    }
}
