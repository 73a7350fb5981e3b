//! The warehouse: the only crate that knows PostgreSQL.
//!
//! [`Settings`] reads `DATABASE_URL`, [`Warehouse`] keeps connections to it, a [`Transaction`] runs [`Statement`]s and
//! says what the loop has to know when one fails: is it the data ([`pipeline::Failure::Refused`]) or is it the database
//! ([`pipeline::Failure::Unavailable`])? [`migrate()`] builds the schema.

pub use self::{
    connect::Denied,
    migrate::{migrate, pending},
    pool::Warehouse,
    row::get,
    settings::Settings,
    statement::Statement,
    transaction::{Parameters, Transaction},
};
pub use tokio_postgres::{
    Row,
    types::{FromSql, ToSql},
};

pub mod settings;
mod tls;
mod error;
mod connect;
mod statement;
mod transaction;
mod row;
mod pool;
pub mod migrate;
