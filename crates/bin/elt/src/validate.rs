//! Validation of a job against its databases: everything is prepared and planned, nothing is changed.

use serde::Serialize;
use tokio_postgres::{Client, types::Type};

use crate::{
    cycle::{Texts, create},
    error::{Error, Result, Server, in_text, target as target_error},
    job::{DELETED_AT, DeleteMode, Job, Problem, TableName},
    source::{
        query::{self, Query, Travel},
        read, time,
    },
    target::upsert::{self, Plan, sql::Upsert},
    target::{self, Target, get},
};

const HAS_STATE: &str = "SELECT pg_catalog.to_regclass('elt.jobs') IS NOT NULL";
const UNIQUE: &str = include_str!("../../../../sql/elt/target/select_unique_keys.sql");

/// What the databases say of a job.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Validation {
    /// The target table with its schema.
    pub target: String,
    /// The columns of SELECT_SOURCE_SQL.
    pub columns: Vec<Column>,
    /// The column whose largest value is the watermark; `None`: M's clock is.
    pub cursor: Option<String>,
    /// The type of the watermark; `None`: there is no `%s`, the whole table is read each time.
    pub watermark: Option<String>,
    /// Why UPSERT_TARGET_SQL runs row by row; `None`: all rows are written by one statement.
    pub row_by_row: Option<String>,
    /// What is allowed but probably not meant: key, line, sentence.
    #[serde(skip)]
    pub warnings: Vec<Problem>,
}

/// A column of SELECT_SOURCE_SQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in M.
    pub r#type: String,
}

/// Prepares the queries on M, and creates, prepares and plans on A; rolls back on both.
///
/// # Errors
/// The first error of either database.
pub async fn validate(job: &Job, source: &Client, client: &Client) -> std::result::Result<Validation, Error> {
    let validation = examine(job, source, client).await;
    // Without an answer there is nothing to roll back. Named statements outlive a transaction.
    for client in [source, client] {
        let _ = client.batch_execute("ROLLBACK").await;
        let _ = client.batch_execute("DEALLOCATE ALL").await;
    }
    validation
}

async fn examine(job: &Job, source: &Client, client: &Client) -> Result<Validation> {
    let _reading = read::begin(source, job.timeout).await?;
    let query = Query::source(source, &job.select_source).await?;
    let names: Vec<String> = query.columns.iter().map(|column| column.name.clone()).collect();
    if let Some(problem) = job.check_source_columns(&names) {
        return Err(Error::job(problem.message).at("UPSERT_TARGET_SQL", problem.line));
    }
    let keys = Query::keys(source, &job.select_keys).await?;
    let key_names: Vec<String> = keys.columns.iter().map(|column| column.name.clone()).collect();
    if let Some(problem) = job.check_key_columns(&key_names) {
        return Err(Error::job(problem.message).at("SELECT_KEYS_SQL", problem.line));
    }

    client
        .batch_execute("BEGIN; DEALLOCATE ALL; SET LOCAL lock_timeout = '10s'")
        .await
        .map_err(target_error("begin"))?;
    let known = is_known(client, job).await?;
    let (table, _) = create(client, job, known).await?;
    table.keys(&job.key_columns).map_err(|error| error.at("CREATE_TABLE_SQL", job.create_table.line))?;
    if job.delete == DeleteMode::Soft && table.column(DELETED_AT).is_none() {
        return Err(table.missing(DELETED_AT, None).at("CREATE_TABLE_SQL", job.create_table.line));
    }
    let plan = upsert::plan(client, job, &query, &table, false).await;
    let plan = plan.map_err(|error| error.at("UPSERT_TARGET_SQL", job.upsert.row.line))?;
    let mut warnings = job.warnings.clone();
    warnings.extend(job.check_source_order(&names));
    let row_by_row = match &plan {
        Plan::SetBased(upsert) => {
            let refused = in_text(Server::Target, "UPSERT_TARGET_SQL", |_| job.upsert.row.line);
            client.batch_execute(&upsert.explain()).await.map_err(refused)?;
            warnings.extend(lossy(job, upsert));
            None
        }
        Plan::RowByRow(_) => Some(why_row_by_row(job)),
    };
    warnings.extend(cursor_warning(job, &query));
    warnings.extend(key_warning(job, client, &table).await?);
    warnings.sort_by_key(|warning| warning.line);
    Ok(Validation {
        target: TableName::shown(&table.name),
        columns: query.columns.iter().map(column).collect(),
        cursor: query.cursor.and_then(|place| names.get(place).cloned()),
        watermark: query.watermark.map(|kind| kind.to_type().name().to_owned()),
        row_by_row,
        warnings,
    })
}

fn column(column: &query::Column) -> Column {
    Column { name: column.name.clone(), r#type: column.r#type.name().to_owned() }
}

/// Whether CREATE_TABLE_SQL was executed before as it is.
async fn is_known(client: &Client, job: &Job) -> Result<bool> {
    let row = client.query_one(HAS_STATE, &[]).await.map_err(target_error("read the state"))?;
    if !row.try_get(0).map_err(target_error("read the state"))? {
        return Ok(false);
    }
    let name = target::name(client, &job.target).await?;
    let state = crate::state::load(client, &name).await?;
    Ok(state.create_hash.as_ref() == Some(&Texts::of(job).create))
}

fn why_row_by_row(job: &Job) -> String {
    let conflict = "ON CONFLICT does not name columns of the list, so duplicates cannot be found";
    job.upsert.set_based.as_ref().err().cloned().unwrap_or_else(|| conflict.to_owned())
}

fn warning(job: &Job, key: &str, line: u32, message: String) -> Problem {
    Problem { file: job.file.clone(), line, key: Some(key.to_owned()), message }
}

fn cursor_warning(job: &Job, query: &Query) -> Option<Problem> {
    let message =
        "the column compared with %s is not selected as it is, so the watermark is the source's clock: select it";
    (query.watermark.is_some() && query.cursor.is_none())
        .then(|| warning(job, "SELECT_SOURCE_SQL", job.select_source.line, message.to_owned()))
}

/// Warns if A may hold a key more than once.
async fn key_warning(job: &Job, client: &Client, table: &Target) -> Result<Option<Problem>> {
    let row =
        client.query_one(UNIQUE, &[&table.oid, &job.key_columns]).await.map_err(target_error("look up indexes"))?;
    if get(&row, "is_unique")? {
        return Ok(None);
    }
    let keys = job.key_columns.join(", ");
    let message = format!(
        "no unique index of {} is on ({keys}) alone, so rows may share a key: a row deleted in the source is found by the columns \
         of ON CONFLICT, or else only once no row of its key is left",
        TableName::shown(&table.name)
    );
    Ok(Some(warning(job, "KEY_COLUMNS", job.select_keys.line, message)))
}

/// Warns of columns that cannot hold what M's columns hold, and round or cut it without an error.
fn lossy(job: &Job, upsert: &Upsert<'_>) -> Vec<Problem> {
    let one = |(value, column): (&crate::job::Value, &target::Column)| {
        let source = upsert.source.get(value.bare?)?;
        let why = loses(source, &column.loose_type)?;
        let (name, from, to) = (&column.name, source.r#type.name(), &column.r#type);
        Some(warning(
            job,
            "UPSERT_TARGET_SQL",
            job.upsert.row.line,
            format!("{name}: {from} becomes {to}, which {why}"),
        ))
    };
    upsert.parts.values.iter().zip(&upsert.listed).filter_map(one).collect()
}

fn loses(source: &query::Column, target: &str) -> Option<&'static str> {
    let whole = ["smallint", "integer", "bigint"].contains(&target);
    let rounds = "rounds";
    match source.r#type {
        _ if source.travel != Travel::Binary => None,
        Type::NUMERIC | Type::FLOAT4 | Type::FLOAT8 if whole => Some(rounds),
        Type::NUMERIC if matches!(target, "real" | "double precision") => Some(rounds),
        Type::FLOAT8 if target == "real" => Some(rounds),
        Type::INT8 if matches!(target, "real" | "double precision") => Some(rounds),
        Type::TIMESTAMP | Type::TIMESTAMPTZ if target == "date" => Some("loses the time of day"),
        Type::TIMESTAMPTZ if target == "timestamp without time zone" => Some("depends on the role's TimeZone"),
        Type::TIMESTAMP if target == "timestamp with time zone" => Some("depends on the role's TimeZone"),
        _ => None,
    }
}

/// Reads a time as people write it on a command line: `2026-11-30`, `2026-11-30 11:05`, `2026-11-30T11:05:02+03:00`. A
/// time without a zone is compared with a `timestamp` column as it is written, and means UTC for a `timestamptz` column.
///
/// # Errors
/// The text is no time.
pub fn parse_time(text: &str) -> std::result::Result<i64, String> {
    time::parse(text)
        .ok_or_else(|| format!("`{text}` is not a time; write it like `2026-11-30` or `2026-11-30 11:05:02`"))
}
