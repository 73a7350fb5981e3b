//! Changes of users, segments and memberships. Every write of the service is one of these.
//!
//! A change is one transaction: it takes the locks, reads state and clock in later statements, decides, records an operation, and
//! changes the rows. Lock order: the assignment of live percentages (shared to create or activate a user, exclusive to change one), segments
//! by id (shared to change one user, exclusive to change a whole segment), then the user. The clock is read after the locks, because the time at which a transaction began says nothing about the order of its changes.
//!
//! [`plan`] is pure: which rows change, given the locked state and what is wanted.

use consumer::Failure;
use database::{Database, PgTimestamp, Transaction, get, statement};

pub(crate) use self::expire::sweeper;
pub use self::{
    assign::{Assigned, CannotAssign},
    claim::{Answer, Begun, Change, Claim, StillRunning},
    config::{CannotRestore, Config},
    desired::Difference,
    items::{Applied, CannotApply, Item, ItemKind, Items, Rejected, row as copy_row},
    plan::{Open, Opening, Pair, Plan, Segment, State, Status, User, Who, Wish, plan},
    segment::{AlreadyExists, CannotCreate, CannotDelete},
    status::NewUser,
};

mod plan;
mod operation;
pub(crate) mod locks;
mod user;
mod live;
mod status;
mod expire;
pub(crate) mod fill;
pub(crate) mod desired;
mod segment;
mod assign;
pub(crate) mod refresh;
mod claim;
mod config;
mod items;

const SELECT_CLOCK: database::Statement = statement!("segments/locks/select_clock");

/// Changes, in one database.
#[derive(Debug, Clone)]
pub struct Changes {
    database: Database,
}

/// Who wants a change, and in which request.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The name of the key, of the service's own task, or `anonymous`.
    pub actor: String,
    /// The id of the request.
    pub request_id: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum Error<E> {
    /// The state does not allow it.
    Rejected(E),
    /// The database did not answer.
    Failure(Failure),
}

impl<E, F: Into<Failure>> From<F> for Error<E> {
    fn from(failure: F) -> Self {
        Self::Failure(failure.into())
    }
}

impl Changes {
    /// Changes of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

impl Cause {
    /// A task of the service itself.
    #[must_use]
    pub fn task(name: &str) -> Self {
        Self { actor: name.to_owned(), request_id: None }
    }
}

/// The clock, after the locks.
async fn clock(transaction: &Transaction) -> Result<PgTimestamp, Failure> {
    let rows = transaction.query(&SELECT_CLOCK, []).await?;
    rows.first().map_or(Ok(PgTimestamp::INFINITY), |row| get(row, 0))
}
