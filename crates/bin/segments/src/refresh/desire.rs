//! The desired set of a segment: who should be a member, by the kind of its parameters.

use std::time::Duration;

use database::{Statement, Transaction, get, statement};
use uuid::Uuid;

use super::{
    Refresher,
    automatic::Automatic,
    cannot_desire::CannotDesire,
    login::Login,
    params::{Params, Sql},
    query::{self, Key, Query},
    sources::no_login,
};
use crate::changes::{
    desired::{self, Read},
    fill, locks,
};

const CREATE_GIVEN: Statement = statement!("segments/desired/create_given");
const COPY_GIVEN: Statement = statement!("segments/desired/copy_given");
const DESIRE_GUIDS: Statement = statement!("segments/desired/desire_guids");
const DESIRE_IDS: Statement = statement!("segments/desired/desire_ids");
const DESIRE_USER_IDS: Statement = statement!("segments/desired/desire_user_ids");
const DESIRE_TAG: Statement = statement!("segments/tags/desire_tag");
const COUNT_TAG: Statement = statement!("segments/tags/count_tag");

/// How many rows were received, and how many of them name no user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) rows: i64,
    pub(super) invalid: i64,
}

/// Fills the temporary table with the desired set, without the lock of the segment. Returns what was visible before, and how
/// many rows were received.
pub(super) async fn desire(
    refresher: &Refresher,
    transaction: &Transaction,
    segment: &Automatic,
    params: &Params,
) -> Result<(Read, Received), CannotDesire> {
    if matches!(params, Params::Percent(_)) {
        // Nobody is created or activated until the end, so that nobody is missed.
        locks::assignment(transaction).await?;
    }
    let read = desired::begin(transaction).await?;
    let received = match params {
        Params::Query(Sql { sql, .. }) => given(refresher, transaction, People::Query(sql)).await?,
        Params::Procedure(Sql { sql, .. }) => {
            let Some(table) = &segment.table_name else {
                return Err(CannotDesire::Failed("a segment with a procedure needs table_name".to_owned()));
            };
            given(refresher, transaction, People::Procedure { sql, table, segment: segment.id }).await?
        }
        Params::Percent(percent) => {
            let filters = fill::filters(transaction, percent).await?.map_err(|missing| {
                CannotDesire::Failed(format!(
                    "segments to include or exclude are missing or deleted: {}",
                    missing.join(", ")
                ))
            })?;
            desired::percent(transaction, (segment.segment_id, &segment.name), percent, &filters, read.at).await?;
            Received::default()
        }
        Params::Tag(tag) => {
            transaction.execute(&DESIRE_TAG, [tag]).await?;
            let rows = transaction.query(&COUNT_TAG, [tag]).await?;
            Received { rows: rows.first().map_or(Ok(0), |row| get(row, 0))?, invalid: 0 }
        }
    };
    Ok((read, received))
}

/// SQL of people.
#[derive(Clone, Copy)]
enum People<'a> {
    Query(&'a str),
    Procedure { sql: &'a str, table: &'a str, segment: Uuid },
}

/// Reads the rows of SQL of people, and looks up the users that they name.
async fn given(refresher: &Refresher, transaction: &Transaction, people: People<'_>) -> Result<Received, CannotDesire> {
    let login = refresher.login.as_ref().ok_or_else(no_login)?;
    transaction.execute(&CREATE_GIVEN, []).await?;
    let late = || CannotDesire::Failed(format!("the SQL took longer than {:?}", refresher.timeout));
    let reading = store(login, refresher.timeout, transaction, people);
    let (key, rows) = tokio::time::timeout(refresher.timeout, reading).await.map_err(|_| late())??;
    let desire = match key {
        Key::Guid => &DESIRE_GUIDS,
        Key::UserId => &DESIRE_USER_IDS,
        Key::SourceId | Key::Id => &DESIRE_IDS,
    };
    let unknown = transaction.query(desire, []).await?;
    let invalid = unknown.first().map_or(Ok(0), |row| get(row, 0))?;
    Ok(Received { rows: i64::try_from(rows).unwrap_or(i64::MAX), invalid })
}

/// Reads the rows and stores them in the temporary table. Returns by what they name users, and their number.
async fn store(
    login: &Login,
    timeout: Duration,
    transaction: &Transaction,
    people: People<'_>,
) -> Result<(Key, u64), CannotDesire> {
    let connection = login.open(timeout).await?;
    let sql = match people {
        People::Query(sql) => sql.to_owned(),
        People::Procedure { sql, table, segment } => {
            query::call(&connection, sql).await?;
            query::of_table(&connection, table, segment).await?
        }
    };
    let query = Query::prepare(&connection, &sql).await?;
    let mut sink = transaction.copy_in(&COPY_GIVEN).await?;
    query.send(&mut sink).await?;
    Ok((query.key(), sink.finish().await?))
}
