//! The master database (M) of elt-service: tables, a seeded writer, and a model of what they hold.
//!
//! [`Writer`] is pure: it draws the rows of the first fill and the changes of each [`Transaction`], and keeps a [`Model`] of
//! the committed rows. [`Session`] sends them to PostgreSQL; [`compare`] holds any PostgreSQL table against the model.
//!
//! Some changes show neither in stamps nor in keys: a row that changes without a new stamp and without another key, or a row
//! that returns with an old stamp while another row of its key goes. The writer makes none.

mod table;
mod draw;
mod row;
mod time;
mod model;
mod transaction;
mod writer;
mod session;
mod compare;

pub use compare::compare;
pub use model::{Model, Sizes};
pub use row::Row;
pub use session::Session;
pub use table::Table;
pub use time::Zone;
pub use transaction::Transaction;
pub use writer::Writer;
