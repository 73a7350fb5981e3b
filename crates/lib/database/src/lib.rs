//! The PostgreSQL client: settings, connection pool, transactions, statements, migrations, errors.
//!
//! This is the only crate that uses tokio-postgres. [`Settings`] reads `DATABASE_URL`. [`Database`] is a connection
//! pool. A [`Transaction`] runs [`Statement`]s; [`Database::read`] runs one without a transaction block. If one fails, the error tells the loop whether the data is invalid
//! ([`consumer::Failure::InvalidData`]) or the database is the cause ([`consumer::Failure::Dependency`]).
//! [`Migrations`] create a schema.

pub use self::{
    connect::connect_error::ConnectError,
    connect::{Canceller, Connection, ServerInfo, connect},
    copy::CopyIn,
    migrate::{Grants, Migrations},
    parameter::{Parameter, Parameters},
    pool::Database,
    row::get,
    settings::{Role, Settings},
    statement::Statement,
    timestamp::PgTimestamp,
    transaction::{Rows, Transaction},
};
/// PostgreSQL as a dependency of a service.
pub const POSTGRES: consumer::Dependency = consumer::Dependency { name: "postgres", setting: "DATABASE_URL" };

pub use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};

pub mod settings;
mod tls;
mod error;
mod connect;
mod session;
mod statement;
mod timestamp;
mod parameter;
mod copy;
mod transaction;
mod read;
mod row;
mod pool;
pub mod migrate;
