//! A preview of a refresh: how many users a segment would have, and who would join and leave. It changes nothing.

use consumer::Failure;
use database::{Statement, get, statement};
use uuid::Uuid;

use super::{
    Refresher,
    automatic::{self, Automatic},
    cannot_desire::CannotDesire,
    desire::desire,
    due::History,
    params::Params,
};
use crate::changes::desired;

const JOINING: Statement = statement!("segments/desired/select_joining");
const LEAVING: Statement = statement!("segments/desired/select_leaving");

/// How many users a preview names.
const NAMED: i64 = 100;

/// What a refresh would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Users who would be members.
    pub count: i64,
    /// Rows of the query that name no user.
    pub invalid: i64,
    /// Users who would join.
    pub joining: i64,
    /// Users who would leave.
    pub leaving: i64,
    /// The first of those who would join.
    pub joining_users: Vec<Uuid>,
    /// The first of those who would leave.
    pub leaving_users: Vec<Uuid>,
}

/// There is no preview. The text says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotPreview(pub String);

impl Refresher {
    /// What a refresh of a segment with these parameters would do. The segment may not exist yet: nobody is in it then.
    ///
    /// # Errors
    /// The database does not answer. The inner error: the parameters cannot be used.
    pub async fn preview(
        &self,
        name: &str,
        params: &Params,
        table_name: Option<&str>,
    ) -> Result<Result<Preview, CannotPreview>, Failure> {
        let found = automatic::find(&self.database, name).await?;
        let mut segment = found.unwrap_or_else(|| nobody(name));
        if table_name.is_some() {
            segment.table_name = table_name.map(str::to_owned);
        }
        match self.compare(&segment, params).await {
            Ok(preview) => Ok(Ok(preview)),
            Err(CannotDesire::Failed(reason)) => Ok(Err(CannotPreview(reason))),
            Err(CannotDesire::Failure(failure)) => Err(failure),
        }
    }

    async fn compare(&self, segment: &Automatic, params: &Params) -> Result<Preview, CannotDesire> {
        let transaction = self.database.begin_maintenance().await?;
        let (read, received) = desire(self, &transaction, segment, params).await?;
        let id = segment.segment_id;
        let difference = desired::compare(&transaction, id, &read).await?;
        let users = async |statement: &Statement| {
            let rows = transaction.query(statement, [&NAMED]).await?;
            rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Uuid>, Failure>>()
        };
        let (joining_users, leaving_users) = (users(&JOINING).await?, users(&LEAVING).await?);
        transaction.rollback().await?;
        Ok(Preview {
            count: difference.desired,
            invalid: received.invalid,
            joining: difference.joining,
            leaving: difference.leaving,
            joining_users,
            leaving_users,
        })
    }
}

/// A segment that does not exist yet.
fn nobody(name: &str) -> Automatic {
    Automatic {
        segment_id: 0,
        id: Uuid::nil(),
        name: name.to_owned(),
        table_name: None,
        is_alive: false,
        refresh_auto: false,
        params: None,
        cron: None,
        sources: Vec::new(),
        history: History::default(),
        now: database::PgTimestamp::INFINITY,
    }
}
