//! Reading from M: the queries of a job, the snapshot, and rows in COPY's binary form.

pub(crate) mod time;
pub(crate) mod tuple;
pub(crate) mod cursor;
pub(crate) mod query;
pub(crate) mod read;
pub mod watermark;
