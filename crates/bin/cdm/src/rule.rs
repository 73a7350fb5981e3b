//! A tag rule as people write it.

use std::fmt;

use consumer::Failure;
use database::{Row, get};
use orders::tags::Subject;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::tagging;

/// A rule, without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) subject: Subject,
    /// The name of the category, or the product's id in the source.
    pub(crate) key: String,
    pub(crate) threshold: i32,
    pub(crate) tag: String,
    pub(crate) enabled: bool,
}

/// A rule, and what has come of it: a row of `cdm/rules/select_rules`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Line {
    pub(crate) rule_id: i64,
    /// What is counted: `category` or `product`.
    pub(crate) subject: &'static str,
    /// The name of the category, or the product's id in the source.
    pub(crate) subject_key: String,
    /// So many CLOSED orders are enough.
    #[schema(minimum = 1)]
    pub(crate) threshold: i32,
    /// What the user is called then.
    pub(crate) tag: String,
    /// Whether it applies.
    pub(crate) enabled: bool,
    /// How many users have the tag by it.
    pub(crate) users: i64,
    /// Whether every user has been looked at since it changed.
    pub(crate) applied: bool,
}

impl Rule {
    /// Reads one from the columns of `row` that begin at `at`.
    pub(crate) fn read(row: &Row, at: usize) -> Result<Self, Failure> {
        Ok(Self {
            subject: tagging::subject(get(row, at)?)?,
            key: get(row, at + 1)?,
            threshold: get(row, at + 2)?,
            tag: get(row, at + 3)?,
            enabled: get(row, at + 4)?,
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, key, threshold, tag, enabled } = self;
        let orders = if *threshold == 1 { "order" } else { "orders" };
        write!(out, "«{tag}» for {threshold} {orders} with the {} {key}", subject.as_str())?;
        if *enabled { Ok(()) } else { write!(out, ", disabled") }
    }
}

impl Line {
    /// Reads one.
    pub(crate) fn read(row: &Row) -> Result<Self, Failure> {
        let Rule { subject, key, threshold, tag, enabled } = Rule::read(row, 1)?;
        Ok(Self {
            rule_id: get(row, 0)?,
            subject: subject.as_str(),
            subject_key: key,
            threshold,
            tag,
            enabled,
            users: get(row, 6)?,
            applied: get(row, 7)?,
        })
    }
}
