//! Automatic segments as they are stored, with what is known of their refreshes.

use consumer::Failure;
use database::{Database, PgTimestamp, Row, Statement, Transaction, get, statement};
use uuid::Uuid;

use super::{
    due::{self, History},
    params::{Invalid, Params},
};

const SELECT: Statement = statement!("segments/refresh/select_automatic");
const SELECT_ID: Statement = statement!("segments/segments/select_segment");

/// An automatic segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automatic {
    /// The number.
    pub segment_id: i32,
    /// The id for others.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The table that is read after a procedure.
    pub table_name: Option<String>,
    /// Whether it is not deleted.
    pub is_alive: bool,
    /// Whether it is refreshed by itself.
    pub refresh_auto: bool,
    /// How its members are found, as JSON.
    pub params: Option<String>,
    /// When.
    pub cron: Option<String>,
    /// The sources that have to be fresh.
    pub sources: Vec<String>,
    /// Its refreshes.
    pub history: History,
    /// The clock.
    pub now: PgTimestamp,
}

impl Automatic {
    /// How its members are found.
    ///
    /// # Errors
    /// The parameters cannot be used.
    pub fn params(&self) -> Result<Params, Invalid> {
        Params::parse(self.params.as_deref().unwrap_or_default())
    }

    /// Since when it is due. What cannot be read is due too, and fails.
    #[must_use]
    pub fn due(&self) -> Option<PgTimestamp> {
        let params = self.params().ok();
        match due::due(self.now, params.as_ref(), self.cron.as_deref(), &self.history) {
            Ok(due) => due.filter(|_| self.refresh_auto && self.is_alive),
            Err(_) => Some(self.now),
        }
    }

    /// Whether the next refresh has to follow a change since.
    pub(super) fn has_changed(&self, before: &Self) -> bool {
        let followed = |segment: &Self| {
            (segment.is_alive, segment.params.clone(), segment.table_name.clone(), segment.refresh_auto)
        };
        followed(self) != followed(before)
    }
}

/// All automatic segments.
pub(super) async fn all(database: &Database) -> Result<Vec<Automatic>, Failure> {
    let transaction = database.begin().await?;
    let rows = transaction.query(&SELECT, [&None::<i32>]).await?;
    transaction.commit().await?;
    rows.iter().map(read).collect()
}

/// A segment by name, automatic or not.
pub(super) async fn find(database: &Database, name: &str) -> Result<Option<Automatic>, Failure> {
    if name.contains('\0') {
        return Ok(None);
    }
    let transaction = database.begin().await?;
    let rows = transaction.query(&SELECT_ID, [&name]).await?;
    let found = match rows.first() {
        Some(row) => by_id(&transaction, get(row, 0)?).await?,
        None => None,
    };
    transaction.commit().await?;
    Ok(found)
}

/// A segment by number.
pub(super) async fn by_id(transaction: &Transaction, segment_id: i32) -> Result<Option<Automatic>, Failure> {
    let rows = transaction.query(&SELECT, [&Some(segment_id)]).await?;
    rows.first().map(read).transpose()
}

fn read(row: &Row) -> Result<Automatic, Failure> {
    Ok(Automatic {
        segment_id: get(row, 0)?,
        id: get(row, 1)?,
        name: get(row, 2)?,
        table_name: get(row, 3)?,
        is_alive: get(row, 4)?,
        refresh_auto: get(row, 5)?,
        params: get(row, 6)?,
        cron: get(row, 7)?,
        sources: get(row, 8)?,
        history: History {
            success_at: get(row, 9)?,
            failures: get(row, 10)?,
            retry_at: get(row, 11)?,
            is_touched: get(row, 12)?,
        },
        now: get(row, 13)?,
    })
}
