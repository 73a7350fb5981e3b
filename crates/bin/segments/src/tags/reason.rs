//! Why a user is in the segment of a tag: the rule, and the number of orders.

use consumer::Failure;
use database::{Database, PgTimestamp, Statement, get, statement};

const SELECT: Statement = statement!("segments/tags/select_reason");

/// The last time at which a rule assigned or revoked a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule_id: i64,
    /// `assigned` or `revoked`.
    pub action: String,
    /// `category` or `product`.
    pub subject: String,
    /// Its name.
    pub subject_name: String,
    /// The number of orders with it.
    pub order_cnt: i32,
    /// The threshold of the rule.
    pub threshold: i32,
    /// When.
    pub at: PgTimestamp,
}

impl Reason {
    /// The last change of a tag of a user that is not after `at`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(database: &Database, user_id: i32, tag: &str, at: PgTimestamp) -> Result<Option<Self>, Failure> {
        let rows = database.read(&SELECT, &[&user_id, &tag, &at]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Self {
            rule_id: get(row, 0)?,
            action: get(row, 1)?,
            subject: get(row, 2)?,
            subject_name: get(row, 3)?,
            order_cnt: get(row, 4)?,
            threshold: get(row, 5)?,
            at: get(row, 6)?,
        }))
    }
}
