//! Changes and subscriptions for targets.

use std::collections::VecDeque;

use consumer::{DependencyError, Failure};
use segments::subscribers::{
    Change, Op,
    change::User,
    store::Subscription,
    target::{Answer, Audience, Pages, Stop},
};
use uuid::Uuid;

/// Pages that are known in advance. After them the pages end, or the database fails.
pub(crate) struct Made {
    pages: VecDeque<Vec<Change>>,
    fails: bool,
}

impl Made {
    pub(crate) fn of(pages: impl IntoIterator<Item = Vec<Change>>) -> Self {
        Self { pages: pages.into_iter().collect(), fails: false }
    }

    /// Fails after these pages.
    pub(crate) fn failing(pages: impl IntoIterator<Item = Vec<Change>>) -> Self {
        Self { fails: true, ..Self::of(pages) }
    }
}

impl Pages for Made {
    async fn next(&mut self) -> Result<Vec<Change>, Failure> {
        match self.pages.pop_front() {
            Some(page) => Ok(page),
            None if self.fails => Err(DependencyError::new(database::POSTGRES, "the connection is closed").into()),
            None => Ok(Vec::new()),
        }
    }
}

/// The changes of the users with these numbers.
pub(crate) fn changes(op: Op, users: impl IntoIterator<Item = i32>) -> Vec<Change> {
    let change = |user_id| Change {
        op,
        change_id: format!("1:{user_id}"),
        sequence: 1,
        user: User { guid: guid(user_id), source_id: None, user_id },
        hash_email: None,
        hash_phone: None,
        since: "2026-11-24T12:00:00Z".to_owned(),
        segment: "A".to_owned(),
        audience: "A".to_owned(),
        membership_id: i64::from(user_id),
    };
    users.into_iter().map(change).collect()
}

pub(crate) fn guid(user_id: i32) -> Uuid {
    Uuid::from_u128(u128::try_from(user_id).unwrap())
}

/// A subscription with a destination and more parameters.
pub(crate) fn subscription(target: &str, destination: &str, is_full: bool, params: &str) -> Subscription {
    Subscription {
        id: 1,
        segment_id: 1,
        segment: Uuid::nil(),
        segment_name: "A".to_owned(),
        target: target.to_owned(),
        audience: "A".to_owned(),
        destination: destination.to_owned(),
        params: params.to_owned(),
        is_full,
        cron: None,
        status: "not uploaded".to_owned(),
        is_ended: false,
        secrets: Vec::new(),
    }
}

pub(crate) fn audience(name: &str) -> Audience {
    Audience { subscription_id: 1, name: name.to_owned(), segment: name.to_owned() }
}

/// The lines of a file, without its header.
pub(crate) fn lines(file: &str) -> Vec<&str> {
    let mut lines = file.lines();
    assert_eq!(lines.next(), Some("op,guid,source_id,user_id,hash_email,hash_phone,since"));
    lines.collect()
}

/// The error of an answer that acknowledges nothing and asks for a repetition. Empty: it is another answer.
pub(crate) fn error(answer: &Answer) -> &str {
    match &answer.stop {
        Some(Stop::Retry { error, .. }) if answer.done == 0 => error,
        _ => "",
    }
}
