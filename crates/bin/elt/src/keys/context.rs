//! The databases and the job that a comparison of keys is about.

use tokio_postgres::Client;

use crate::{job::Job, progress::Progress, source::query::Query, target::Target, target::upsert::Plan};

/// The databases, the job, and how its rows reach A.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) job: &'a Job,
    pub(crate) source: &'a Client,
    pub(crate) target: &'a Client,
    pub(crate) query: &'a Query,
    pub(crate) table: &'a Target,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) allow_deletes: bool,
    pub(crate) progress: &'a Progress,
}
