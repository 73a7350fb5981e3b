//! State of a copy in A: `elt.jobs`, `elt.runs`, and the lock that keeps two cycles of a table apart.

use tokio_postgres::Client;

use crate::{
    error::{Error, Result, target},
    job::Job,
    outcome::{Counts, Outcome},
    source::watermark::Watermark,
    target::get,
};

pub(crate) mod migrations;
pub(crate) mod hashes;

const SELECT: &str = include_str!("../../../../sql/elt/state/select_state.sql");
const UPSERT: &str = include_str!("../../../../sql/elt/state/upsert_state.sql");
const FAILURE: &str = include_str!("../../../../sql/elt/state/upsert_failure.sql");
const RUN: &str = include_str!("../../../../sql/elt/state/insert_run.sql");

/// The lock lasts as long as the transaction. Its first number keeps it apart from other locks of A.
const LOCK: &str = "SELECT pg_catalog.pg_try_advisory_xact_lock(7224647, pg_catalog.hashtext($1))";

/// What earlier cycles have left.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) token: Option<String>,
    pub(crate) watermark: Watermark,
    pub(crate) create_hash: Option<String>,
    pub(crate) query_hash: Option<String>,
    pub(crate) keys: Compared,
    /// Seconds since keys were compared.
    pub(crate) keys_age: Option<f64>,
    pub(crate) instance: String,
    /// Seconds since the last cycle ended.
    pub(crate) age: Option<f64>,
}

/// The keys as they were compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Hash of the texts that decide what is compared.
    pub(crate) texts: Option<String>,
    pub(crate) count: Option<i64>,
    pub(crate) sum: Option<String>,
    pub(crate) unresolved: Option<String>,
}

/// What a cycle leaves.
pub(crate) struct Next<'a> {
    pub(crate) watermark: &'a Watermark,
    pub(crate) changed: bool,
    pub(crate) create_hash: &'a str,
    pub(crate) query_hash: &'a str,
    /// What is known of the keys, if that has changed.
    pub(crate) compared: Option<&'a Compared>,
    pub(crate) status: &'a str,
    pub(crate) note: Option<&'a str>,
    pub(crate) instance: &'a str,
}

/// Takes the lock of the table for this transaction. False: another cycle has it.
pub(crate) async fn lock(client: &Client, table: &str) -> Result<bool> {
    let row = client.query_one(LOCK, &[&table]).await.map_err(target("take the lock"))?;
    row.try_get(0).map_err(target("take the lock"))
}

/// Reads the state of the table.
pub(crate) async fn load(client: &Client, table: &str) -> Result<State> {
    let Some(row) = client.query_opt(SELECT, &[&table]).await.map_err(target("read the state"))? else {
        return Ok(State::default());
    };
    let watermark: String = get(&row, "watermark")?;
    let watermark = serde_json::from_str(&watermark).map_err(|error| {
        Error::job(format!("elt.jobs.watermark of {table} cannot be read: {error}; resync the job"))
    })?;
    Ok(State {
        token: get(&row, "token")?,
        watermark,
        create_hash: get(&row, "create_hash")?,
        query_hash: get(&row, "query_hash")?,
        keys: Compared {
            texts: get(&row, "keys_hash")?,
            count: get(&row, "keys_count")?,
            sum: get(&row, "keys_sum")?,
            unresolved: get(&row, "unresolved")?,
        },
        keys_age: get(&row, "keys_age")?,
        instance: get(&row, "instance")?,
        age: get(&row, "age")?,
    })
}

/// Writes the state of the table and returns its token.
pub(crate) async fn store(client: &Client, table: &str, job: &Job, next: &Next<'_>) -> Result<String> {
    let watermark = serde_json::to_string(next.watermark).unwrap_or_default();
    let keys = next.compared.cloned().unwrap_or_default();
    let row = client
        .query_one(
            UPSERT,
            &[
                &table,
                &job.name,
                &job.file,
                &watermark,
                &next.changed,
                &next.create_hash,
                &next.query_hash,
                &keys.texts,
                &keys.count,
                &keys.sum,
                &next.compared.is_some(),
                &keys.unresolved,
                &next.status,
                &next.note,
                &next.instance,
            ],
        )
        .await
        .map_err(target("write the state"))?;
    row.try_get(0).map_err(target("write the state"))
}

/// Adds a row to the history.
pub(crate) async fn record(client: &Client, table: &str, job: &Job, outcome: &Outcome) -> Result<()> {
    let Counts { read, unchanged, inserted, updated, deleted, repaired, missing } = outcome.counts.clone();
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let error = outcome.error.as_ref().map(|error| error.in_file(&job.file));
    let detail = outcome.error.as_ref().and_then(|error| error.detail.clone());
    client
        .execute(
            RUN,
            &[
                &table,
                &job.name,
                &outcome.status.name(),
                &outcome.seconds,
                &number(read),
                &number(unchanged),
                &number(inserted),
                &number(updated),
                &number(deleted),
                &number(repaired),
                &number(missing),
                &outcome.note(),
                &error,
                &detail,
            ],
        )
        .await
        .map_err(target("write the run"))?;
    Ok(())
}

/// Notes a failure, and commits the transaction of this alone. Returns how many cycles have failed since the last success.
pub(crate) async fn record_failure(
    client: &Client,
    table: &str,
    job: &Job,
    outcome: &Outcome,
    instance: &str,
) -> Result<i32> {
    let note = outcome.error.as_ref().map(|error| error.in_file(&job.file));
    let row = client
        .query_one(FAILURE, &[&table, &job.name, &job.file, &note, &instance])
        .await
        .map_err(target("write the failure"))?;
    record(client, table, job, outcome).await?;
    client.batch_execute("DEALLOCATE ALL; COMMIT").await.map_err(target("write the failure"))?;
    row.try_get(0).map_err(target("write the failure"))
}
