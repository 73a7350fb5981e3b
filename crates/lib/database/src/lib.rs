//! The warehouse: the only crate that knows PostgreSQL.
//!
//! [`Settings`] reads `DATABASE_URL`, [`Database`] keeps connections to it, a [`Transaction`] runs [`Statement`]s and
//! says what the loop has to know when one fails: is it the data ([`consumer::Failure::InvalidData`]) or is it the database
//! ([`consumer::Failure::Dependency`])? [`Migrations`] build a schema.

pub use self::{
    connect::ServerInfo,
    connect_error::ConnectError,
    migrate::{Grants, Migrations},
    parameter::{Parameter, Parameters},
    pool::Database,
    row::get,
    settings::Settings,
    statement::Statement,
    timestamp::PgTimestamp,
    transaction::Transaction,
};
/// PostgreSQL as a dependency of a service.
pub const POSTGRES: consumer::Dependency = consumer::Dependency { name: "postgres", setting: "DATABASE_URL" };

pub use tokio_postgres::{Row, types::FromSql};

pub mod settings;
mod tls;
mod error;
mod connect_error;
mod connect;
mod session;
mod statement;
mod timestamp;
mod parameter;
mod transaction;
mod row;
mod pool;
pub mod migrate;
