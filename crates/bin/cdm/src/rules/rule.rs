//! Tag rules as written, and their rows in the table.

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

/// A rule and its state: a row of `cdm/rules/select_rules`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Line {
    pub(crate) rule_id: i64,
    /// The subject: `category` or `product`.
    pub(crate) subject: &'static str,
    /// The name of the category, or the product's id in the source.
    pub(crate) subject_key: String,
    /// Minimum number of CLOSED orders.
    #[schema(minimum = 1)]
    pub(crate) threshold: i32,
    /// The tag that the user gets.
    pub(crate) tag: String,
    /// Whether the rule is enabled.
    pub(crate) enabled: bool,
    /// Number of users who have the tag by this rule.
    pub(crate) users: i64,
    /// Whether the rule has been applied to every user since its last change.
    pub(crate) applied: bool,
}

impl Rule {
    /// Reads a rule from the columns of `row` that begin at `at`.
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
    /// Reads a rule and its state.
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
