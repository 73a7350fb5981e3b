//! The warehouse: the only crate that knows PostgreSQL.
//!
//! [`Settings`] reads `DATABASE_URL`, [`Warehouse`] keeps connections to it, a [`Transaction`] runs [`Statement`]s and
//! says what the loop has to know when one fails: is it the data ([`pipeline::Failure::Refused`]) or is it the database
//! ([`pipeline::Failure::Unavailable`])? [`migrate()`] builds the schema.

pub use self::{
    connect::Greeting,
    denied::Denied,
    migrate::{migrate, migrate_elt, pending, pending_elt},
    parameter::{Parameter, Parameters},
    pool::Warehouse,
    row::get,
    settings::Settings,
    statement::Statement,
    timestamp::Timestamp,
    transaction::Transaction,
};
pub use tokio_postgres::{Row, types::FromSql};

pub mod settings;
mod tls;
mod error;
mod denied;
mod connect;
mod session;
mod statement;
mod timestamp;
mod parameter;
mod transaction;
mod row;
mod pool;
pub mod migrate;
