//! Reading from M: its snapshot, and COPY of the rows of a query.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio_postgres::{
    Client, CopyOutStream, Row,
    types::{FromSql, Type},
};

use crate::{
    error::{self, Error, Result, Server, source},
    source::time::Kind,
    source::tuple::{Malformed, Splitter},
    source::watermark::{self, Snapshot},
};

/// Begins the transaction of a cycle on M. It cannot write.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; DEALLOCATE ALL";

const CLOCK: &str = include_str!("../../../../../sql/elt/source/select_clock.sql");
const SNAPSHOT: &str = include_str!("../../../../../sql/elt/source/select_snapshot.sql");

/// How many bytes of tuples are collected before they are handed on.
pub(crate) const BATCH: usize = 64 * 1024;

/// The snapshot that everything of a cycle is read in.
pub(crate) struct Reading {
    pub(crate) snapshot: Snapshot,
    local_timestamp: i64,
    local_date: i64,
}

impl Reading {
    /// M's clock in the terms of a column of this type.
    pub(crate) fn local(&self, kind: Kind) -> i64 {
        match kind {
            Kind::Timestamp => self.local_timestamp,
            Kind::TimestampTz => self.snapshot.clock,
            Kind::Date => self.local_date,
        }
    }
}

/// Reads the clock, then begins the transaction and takes its snapshot. The other way round a transaction that the snapshot
/// does not see could have written before the clock.
pub(crate) async fn begin(client: &Client, timeout: std::time::Duration) -> Result<Reading> {
    // Outside a transaction a pooler may change the session between two messages, so this statement has no name.
    let clock = client.query_typed_one(CLOCK, &[]).await.map_err(source("read the clock"))?;
    let timeout = timeout.as_millis();
    let begin = format!(
        "{BEGIN}; SET LOCAL statement_timeout = {timeout}; SET LOCAL idle_in_transaction_session_timeout = {timeout}"
    );
    client.batch_execute(&begin).await.map_err(source("begin"))?;
    let row = client.query_one(SNAPSHOT, &[]).await.map_err(source("take a snapshot"))?;
    let number = |name: &str| get::<String>(&row, name).map(|text| text.parse::<u64>().unwrap_or_default());
    let snapshot = Snapshot {
        server: watermark::Server {
            system: get(&row, "system_identifier")?,
            timeline: get(&row, "timeline")?,
            database: get(&row, "database_oid")?,
        },
        xmin: number("xmin")?,
        xmax: number("xmax")?,
        clock: time(&clock, "clock", Kind::TimestampTz)?,
    };
    let local_timestamp = time(&clock, "local_timestamp", Kind::Timestamp)?;
    Ok(Reading { snapshot, local_timestamp, local_date: time(&clock, "local_date", Kind::Date)? })
}

/// How many rows a query returns, as M's planner estimates.
pub(crate) async fn estimate(client: &Client, select: &str) -> Result<u64> {
    let explain = format!("EXPLAIN (FORMAT JSON) {select}");
    let row = client.query_one(&explain, &[]).await.map_err(source("estimate"))?;
    let plan: Raw = row.try_get(0).map_err(source("estimate"))?;
    let plan: serde_json::Value = serde_json::from_slice(&plan.0).unwrap_or_default();
    Ok(plan.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_u64).unwrap_or(0))
}

/// A column of a row of M.
fn get<'r, T: FromSql<'r>>(row: &'r Row, name: &str) -> Result<T> {
    row.try_get(name).map_err(source("take a snapshot"))
}

/// A time of a row of M. A standby that has replayed nothing yet knows none.
fn time(row: &Row, name: &str, kind: Kind) -> Result<i64> {
    let value: Option<Raw> = get(row, name)?;
    Ok(value.and_then(|value| kind.read(&value.0)).unwrap_or(watermark::BEGINNING))
}

/// The bytes of a value.
struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The rows of a query, in batches of whole tuples.
pub(crate) struct Rows {
    /// Where they come from, for errors.
    server: Server,
    stream: std::pin::Pin<Box<CopyOutStream>>,
    splitter: Splitter,
    ended: bool,
}

impl Rows {
    /// Begins to read from M.
    pub(crate) async fn open(client: &Client, select: &str) -> Result<Self> {
        Self::open_on(Server::Source, client, select).await
    }

    /// Begins to read from either server.
    pub(crate) async fn open_on(server: Server, client: &Client, select: &str) -> Result<Self> {
        let copy = format!("COPY ({select}\n) TO STDOUT (FORMAT binary)");
        let stream = client.copy_out(&copy).await.map_err(failed(server))?;
        Ok(Self { server, stream: Box::pin(stream), splitter: Splitter::default(), ended: false })
    }

    /// The next tuples for which `keep` is true; `None` at the end. `keep` sees every tuple once.
    pub(crate) async fn next(&mut self, mut keep: impl FnMut(&[u8]) -> bool) -> Result<Option<Bytes>> {
        let mut batch = BytesMut::with_capacity(BATCH + BATCH / 8);
        while batch.len() < BATCH && !self.ended {
            let Some(piece) = self.stream.next().await else {
                self.ended = true;
                break;
            };
            let piece = piece.map_err(failed(self.server))?;
            let kept = |tuple: &[u8]| {
                if keep(tuple) {
                    batch.extend_from_slice(tuple);
                }
            };
            self.splitter.push(&piece, kept).map_err(|Malformed| malformed(self.server))?;
        }
        match batch.is_empty() {
            false => Ok(Some(batch.freeze())),
            true if self.splitter.is_complete() => Ok(None),
            // The stream ended without its trailer.
            true => Err(malformed(self.server)),
        }
    }

    /// Reads to the end. `see` sees every tuple once.
    pub(crate) async fn for_each(mut self, mut see: impl FnMut(&[u8])) -> Result<()> {
        let mut see = |tuple: &[u8]| {
            see(tuple);
            false
        };
        while self.next(&mut see).await?.is_some() {}
        Ok(())
    }
}

fn failed(server: Server) -> impl FnOnce(tokio_postgres::Error) -> Error {
    error::of(server, "read")
}

fn malformed(server: Server) -> Error {
    Error { server, ..Error::job(format!("{}: read: the stream of COPY is not complete", server.name())) }
}
