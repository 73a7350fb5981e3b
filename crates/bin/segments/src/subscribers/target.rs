//! The port of a sync: a target, which holds an audience for each subscription.

use std::time::Duration;

use consumer::Failure;

use super::change::Change;

/// A subscription, as a target sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The number of the subscription.
    pub subscription_id: i32,
    /// The rendered name.
    pub name: String,
    /// The name of the segment.
    pub segment: String,
}

/// How a target takes changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// In batches, a transaction each.
    Batches,
    /// As one file for a whole sync, in one transaction.
    OneFile,
}

/// The changes to send, page by page, in the order of users. They are counted from 0 over all pages.
pub trait Pages: Send {
    /// The next page. Empty: there are no more.
    ///
    /// # Errors
    /// The database does not answer. The target gives the whole call up.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Change>, Failure>> + Send;
}

/// The answer of a target to changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The number of changes from the first one that need not be sent again: they are acknowledged, or rejected.
    pub done: usize,
    /// Which of these are rejected.
    pub rejected: Vec<Rejected>,
    /// Why the others are not done. `None`: all are.
    pub stop: Option<Stop>,
}

/// A change that the target does not want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its place among the changes.
    pub index: usize,
    /// What the target says, for people.
    pub response: String,
}

/// Why changes are not acknowledged. The texts go to the log and the tables: they have no secret, no address and no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The target wants nothing any more, until the subscription is changed.
    Gone(String),
    /// They have to be sent again.
    Retry {
        /// Why.
        error: String,
        /// Not before, if the target says so.
        after: Option<Duration>,
    },
}

/// A target. The four verbs of the customer's segmenter: select, create, update, remove.
pub trait Target: Sync {
    /// How it takes changes.
    const TAKES: Takes;

    /// Whether the audience exists there. `None`: the target cannot tell.
    fn select(&self, audience: &Audience) -> impl Future<Output = Result<Option<bool>, Stop>> + Send;

    /// Replaces the whole audience by these members, which are changes of [`super::Op::Added`]. For mode `full`, and only for targets
    /// that take one file.
    ///
    /// # Errors
    /// The pages cannot be read. The target keeps what it had.
    fn create(
        &self,
        audience: &Audience,
        pages: &mut impl Pages,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send;

    /// Changes the audience. A target that takes batches gets one page that is not empty. One that takes one file gets all
    /// pages of the sync, and answers when the file is whole: then all changes are done, or none.
    ///
    /// # Errors
    /// The pages cannot be read. The target keeps what it had.
    fn update(
        &self,
        audience: &Audience,
        pages: &mut impl Pages,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send;

    /// Ends the audience, because the subscription has ended.
    fn remove(&self, audience: &Audience) -> impl Future<Output = Result<(), Stop>> + Send;
}

impl Answer {
    /// All of this number of changes are acknowledged.
    #[must_use]
    pub const fn acknowledged(done: usize) -> Self {
        Self { done, rejected: Vec::new(), stop: None }
    }

    /// None is acknowledged.
    #[must_use]
    pub const fn stopped(stop: Stop) -> Self {
        Self { done: 0, rejected: Vec::new(), stop: Some(stop) }
    }
}

impl Stop {
    /// It is tried again.
    #[must_use]
    pub fn retry(error: impl Into<String>) -> Self {
        Self::Retry { error: error.into(), after: None }
    }
}
