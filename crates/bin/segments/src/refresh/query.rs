//! SQL of people: the rows of a query, a procedure, and the load time of a source. It runs with the login of
//! `REFRESH_DATABASE_URL`.

use std::{iter::empty, pin::Pin};

use database::{Connection, Row, get};
use futures_util::{Stream, TryStreamExt as _};
use uuid::Uuid;

use super::login::{SqlError, text};

/// The rows of a chunk, as columns: each names a user by one of them, an id from outside by `source_id` and perhaps `guid`.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) guids: Vec<Option<Uuid>>,
    pub(super) user_ids: Vec<Option<i32>>,
    pub(super) source_ids: Vec<Option<String>>,
    pub(super) emails: Vec<Option<String>>,
    pub(super) phones: Vec<Option<String>>,
}

/// By which column a row names a user. The first that the query has counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Guid,
    UserId,
    SourceId,
    Id,
}

/// How many rows were read, and how many of them name no user in any form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) rows: i64,
    pub(super) invalid: i64,
}

/// Rows that are stored at once.
const CHUNK: usize = 10_000;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

/// The rows of one SELECT in a read-only transaction, in chunks.
pub(super) struct Rows {
    key: Key,
    rows: Pin<Box<dyn Stream<Item = Result<Row, SqlError>> + Send>>,
    received: Received,
    is_over: bool,
}

impl Rows {
    /// Begins to read.
    pub(super) async fn open(connection: &Connection, sql: &str) -> Result<Self, SqlError> {
        let client = &connection.client;
        if sql.to_ascii_lowercase().contains("set_config") {
            return Err(SqlError("a query of a segment must not call set_config".to_owned()));
        }
        client.batch_execute(BEGIN).await.map_err(|error| SqlError(text(&error)))?;
        // By itself it is one statement with balanced parentheses, so it stays inside those of `wrap`.
        let prepared = client.prepare(sql).await.map_err(|error| SqlError(text(&error)))?;
        let mut names = Vec::new();
        for column in prepared.columns() {
            names.push(column.name());
        }
        let no_key = || SqlError("the query has no column guid, user_id, source_id or id".to_owned());
        let key = key(&names).ok_or_else(no_key)?;
        let rows = client.query_raw(&wrap(sql, key, &names), empty::<i32>()).await;
        let rows = rows.map_err(|error| SqlError(text(&error)))?;
        let rows = Box::pin(rows.map_err(|error| SqlError(text(&error))));
        Ok(Self { key, rows, received: Received::default(), is_over: false })
    }

    /// The next chunk. `None`: there is none.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, SqlError> {
        let mut chunk = Chunk::default();
        while !self.is_over && chunk.guids.len() < CHUNK {
            let Some(row) = self.rows.try_next().await? else {
                self.is_over = true;
                break;
            };
            let value = |at| get::<Option<String>>(&row, at).map_err(|_| SqlError("a column is no text".to_owned()));
            self.received.rows += 1;
            if !chunk.push(self.key, value(0)?, value(1)?, value(2)?) {
                self.received.invalid += 1;
            }
        }
        Ok((!chunk.guids.is_empty()).then_some(chunk))
    }

    /// How many rows were read.
    pub(super) const fn received(&self) -> Received {
        self.received
    }
}

/// Runs a procedure, outside a transaction block, so that it may commit.
pub(super) async fn call(connection: &Connection, sql: &str) -> Result<(), SqlError> {
    connection.client.execute(sql, &[]).await.map(drop).map_err(|error| SqlError(text(&error)))
}

/// The query of the rows of a segment in a table with the columns of the customer's example.
pub(super) async fn of_table(connection: &Connection, table: &str, segment: Uuid) -> Result<String, SqlError> {
    let quoted = "SELECT pg_catalog.to_regclass($1)::text";
    let rows = connection.client.query(quoted, &[&table]).await.map_err(|error| SqlError(text(&error)))?;
    let quoted = rows.first().and_then(|row| get::<Option<String>>(row, 0).ok().flatten());
    let table =
        quoted.ok_or_else(|| SqlError(format!("the table {table} does not exist, or the login may not see it")))?;
    Ok(format!(
        "SELECT id, hash_email, hash_phone FROM {table} WHERE segment_id = '{segment}' AND actual_end = 'infinity'"
    ))
}

/// The seconds since a source was loaded. `None`: never.
pub(super) async fn age(connection: &Connection, sql: &str) -> Result<Option<i64>, SqlError> {
    let client = &connection.client;
    let failed = |error: String| SqlError(error);
    client.batch_execute(BEGIN).await.map_err(|error| failed(text(&error)))?;
    let prepared = client.prepare(sql).await.map_err(|error| failed(text(&error)))?;
    if prepared.columns().len() != 1 {
        return Err(failed("loaded_at_query returns one column: the time".to_owned()));
    }
    let wrapped = format!(
        "SELECT pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.max(given.at::timestamptz)))::bigint \
         FROM (\n{sql}\n) AS given (at)"
    );
    let rows = client.query(&wrapped, &[]).await.map_err(|error| failed(text(&error)))?;
    client.batch_execute("ROLLBACK").await.map_err(|error| failed(text(&error)))?;
    Ok(rows.first().and_then(|row| get::<Option<i64>>(row, 0).ok().flatten()))
}

/// The column that names users. Pure.
fn key(names: &[&str]) -> Option<Key> {
    let keys = [("guid", Key::Guid), ("user_id", Key::UserId), ("source_id", Key::SourceId), ("id", Key::Id)];
    keys.into_iter().find(|(name, _)| names.contains(name)).map(|(_, key)| key)
}

/// The query with the columns that are read, as text. Pure.
fn wrap(sql: &str, key: Key, names: &[&str]) -> String {
    let column = match key {
        Key::Guid => "guid",
        Key::UserId => "user_id",
        Key::SourceId => "source_id",
        Key::Id => "id",
    };
    let hash = |name: &str| if names.contains(&name) { format!("given.{name}::text") } else { "NULL::text".to_owned() };
    let (email, phone) = (hash("hash_email"), hash("hash_phone"));
    format!("SELECT given.{column}::text, {email}, {phone} FROM (\n{sql}\n) AS given")
}

impl Chunk {
    /// Adds a row. Returns whether it names a user.
    fn push(&mut self, key: Key, value: Option<String>, email: Option<String>, phone: Option<String>) -> bool {
        let guid = || value.as_deref().and_then(|value| Uuid::try_parse(value).ok());
        let (guid, user_id, source_id) = match key {
            Key::Guid => (guid(), None, None),
            Key::UserId => (None, value.and_then(|value| value.parse().ok()), None),
            Key::SourceId => (None, None, value),
            Key::Id => (guid(), None, value),
        };
        if guid.is_none() && user_id.is_none() && source_id.is_none() {
            return false;
        }
        self.guids.push(guid);
        self.user_ids.push(user_id);
        self.source_ids.push(source_id);
        self.emails.push(email);
        self.phones.push(phone);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_that_names_a_user_counts() {
        assert_eq!(key(&["hash_email", "id", "user_id"]), Some(Key::UserId));
        assert_eq!(key(&["id"]), Some(Key::Id));
        assert_eq!(key(&["name"]), None);
        assert_eq!(
            wrap("SELECT 1 AS id, 'h' AS hash_email -- all", Key::Id, &["id", "hash_email"]),
            "SELECT given.id::text, given.hash_email::text, NULL::text FROM (\nSELECT 1 AS id, 'h' AS hash_email -- all\n) AS given"
        );
    }

    #[test]
    fn an_id_from_outside_may_be_a_guid() {
        let mut chunk = Chunk::default();
        let guid = Uuid::from_u128(7);
        assert!(chunk.push(Key::Id, Some(guid.to_string()), None, None));
        assert!(chunk.push(Key::Id, Some("626a81cf".to_owned()), Some("h".to_owned()), None));
        assert!(!chunk.push(Key::UserId, Some("seven".to_owned()), None, None));
        assert!(!chunk.push(Key::Guid, None, None, None));
        assert_eq!(chunk.guids, [Some(guid), None]);
        assert_eq!(chunk.source_ids, [Some(guid.to_string()), Some("626a81cf".to_owned())]);
    }
}
