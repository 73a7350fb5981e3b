//! SQL of people: the rows of a query, a procedure, and the load time of a source. It runs with the login of
//! `REFRESH_DATABASE_URL`. Rows are copied from there to the service's own transaction as they are.

use bytes::{Bytes, BytesMut};
use database::{Connection, CopyIn, Type, get};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::{
    cannot_desire::CannotDesire,
    login::{SqlError, text},
};

/// By which column a row names a user. The first that the query has counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Guid,
    UserId,
    SourceId,
    Id,
}

/// Bytes of rows that are sent at once.
const PART: usize = 64 << 10;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

/// One SELECT in a read-only transaction.
pub(super) struct Query<'a> {
    connection: &'a Connection,
    key: Key,
    /// Copies its rows, see `copy_given.sql`.
    copy: String,
}

impl<'a> Query<'a> {
    /// Begins a transaction, and prepares the query.
    pub(super) async fn prepare(connection: &'a Connection, sql: &str) -> Result<Self, SqlError> {
        let client = &connection.client;
        if sql.to_ascii_lowercase().contains("set_config") {
            return Err(SqlError("a query of a segment must not call set_config".to_owned()));
        }
        client.batch_execute(BEGIN).await.map_err(|error| SqlError(text(&error)))?;
        // By itself it is one statement with balanced parentheses, so it stays inside those of `copy`.
        let prepared = client.prepare(sql).await.map_err(|error| SqlError(text(&error)))?;
        let columns: Vec<_> = prepared.columns().iter().map(|column| (column.name(), column.type_().clone())).collect();
        let no_key = || SqlError("the query has no column guid, user_id, source_id or id".to_owned());
        let key = key(&columns).ok_or_else(no_key)?;
        Ok(Self { connection, key, copy: copy(sql, key, &columns) })
    }

    /// By what its rows name users.
    pub(super) const fn key(&self) -> Key {
        self.key
    }

    /// Sends its rows.
    pub(super) async fn send(&self, sink: &mut CopyIn) -> Result<(), CannotDesire> {
        let failed = |error| CannotDesire::from(SqlError(text(&error)));
        let rows = self.connection.client.copy_out(&self.copy).await.map_err(failed)?;
        let mut rows = std::pin::pin!(rows);
        let mut part = BytesMut::new();
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            part.extend_from_slice(&row);
            if part.len() >= PART {
                sink.send(part.split().freeze()).await?;
            }
        }
        sink.send(Bytes::from(part)).await?;
        Ok(())
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
fn key(columns: &[(&str, Type)]) -> Option<Key> {
    let keys = [("guid", Key::Guid), ("user_id", Key::UserId), ("source_id", Key::SourceId), ("id", Key::Id)];
    keys.into_iter().find(|(name, _)| columns.iter().any(|(column, _)| column == name)).map(|(_, key)| key)
}

/// The statement that copies the rows of a query: guid, user_id, source_id and the hashes. A text that is no GUID or no number is null. Pure.
fn copy(sql: &str, key: Key, columns: &[(&str, Type)]) -> String {
    let kind = |name: &str| columns.iter().find(|(column, _)| *column == name).map(|(_, kind)| kind);
    let guid = |name: &str| match kind(name) {
        Some(&Type::UUID) => format!("given.{name}"),
        _ => format!("CASE WHEN given.{name}::text ~* '{GUID}' THEN given.{name}::text END"),
    };
    let number = |name: &str| match kind(name) {
        Some(&(Type::INT2 | Type::INT4)) => format!("given.{name}"),
        _ => format!(
            "CASE WHEN given.{name}::text ~ '{NUMBER}' AND given.{name}::text::bigint BETWEEN -2147483648 AND 2147483647 \
             THEN given.{name}::text::int END"
        ),
    };
    let text = |name: &str| kind(name).map_or_else(|| "NULL".to_owned(), |_| format!("given.{name}::text"));
    let null = || "NULL".to_owned();
    let (guid, user_id, source_id) = match key {
        Key::Guid => (guid("guid"), null(), null()),
        Key::UserId => (null(), number("user_id"), null()),
        Key::SourceId => (null(), null(), text("source_id")),
        Key::Id => (guid("id"), null(), text("id")),
    };
    let (email, phone) = (text("hash_email"), text("hash_phone"));
    format!("COPY (SELECT {guid}, {user_id}, {source_id}, {email}, {phone} FROM (\n{sql}\n) AS given) TO STDOUT")
}

/// A GUID as PostgreSQL reads it, in capital letters too.
const GUID: &str = "^([0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|\\{[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\\})$";

/// A number that fits into a bigint.
const NUMBER: &str = "^[+-]?[0-9]{1,18}$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_that_names_a_user_counts() {
        let columns = |names: &[&'static str]| names.iter().map(|name| (*name, Type::TEXT)).collect::<Vec<_>>();
        assert_eq!(key(&columns(&["hash_email", "id", "user_id"])), Some(Key::UserId));
        assert_eq!(key(&columns(&["id"])), Some(Key::Id));
        assert_eq!(key(&columns(&["name"])), None);
    }

    #[test]
    fn rows_are_copied_as_they_are_if_their_type_is_that_of_users() {
        let columns = [("user_id", Type::INT4), ("hash_email", Type::TEXT)];
        assert_eq!(
            copy("SELECT 1 AS user_id, 'h' AS hash_email -- all", Key::UserId, &columns),
            "COPY (SELECT NULL, given.user_id, NULL, given.hash_email::text, NULL FROM (\n\
             SELECT 1 AS user_id, 'h' AS hash_email -- all\n) AS given) TO STDOUT"
        );
        assert_eq!(
            copy("TABLE users", Key::Guid, &[("guid", Type::UUID)]),
            "COPY (SELECT given.guid, NULL, NULL, NULL, NULL FROM (\nTABLE users\n) AS given) TO STDOUT"
        );
    }
}
