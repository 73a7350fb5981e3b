//! One cycle of a job: lock, snapshot, rows, keys, state, COMMIT, Redis.
//!
//! A's lock is taken before M's snapshot and held by the transaction that writes. So a process that was frozen in the
//! middle and wakes up has either kept everybody else away from the table or lost its transaction: an older snapshot never
//! comes after a newer one.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use tokio_postgres::Client;

use crate::{
    error::{Error, Result, Server, in_text, target},
    job::{Job, quote},
    keys::Context,
    outcome::{Counts, Outcome, Status},
    source::query::Query,
    source::read::{self, Reading},
    state::{self, State},
    target::{Target, find},
    upsert,
    watermark::{FullRead, Watermark},
};

mod rows;
mod finish;

/// The servers of a cycle. Each client is used for this cycle alone: the statements that it knows by name are forgotten,
/// because behind a pooler the next transaction may be in another session. After an error the connection may be unusable, and
/// after a cycle that was abandoned (its future dropped) a transaction is open on it: close it then.
pub struct Servers<'a> {
    /// M, which is read.
    pub source: &'a Client,
    /// A, which is written.
    pub target: &'a Client,
    /// Redis, if it is there.
    pub redis: Option<&'a mut MultiplexedConnection>,
}

/// What a cycle is told beside its job.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The process, as it stands in `elt.jobs`.
    pub instance: String,
    /// How many hashes Redis holds of a job at most.
    pub hash_limit: usize,
    /// The cycle is skipped if another process has finished one this recently: half of the period.
    pub fresh: Duration,
    /// How long a lock of A is waited for.
    pub lock_timeout: Duration,
    /// Deletes are not held, whatever the guards say.
    pub allow_deletes: bool,
    /// How rows reach the target table.
    pub method: Method,
}

/// How rows reach the target table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// In the fastest way that is right.
    #[default]
    Fastest,
    /// Through a stage, never by COPY into an empty table.
    Stage,
    /// One after the other.
    RowByRow,
}

const HOLDERS: &str = include_str!("../../../../sql/elt/select_lock_holders.sql");

/// Runs one cycle. Its failures are in the outcome, and in `elt.jobs` and `elt.runs` as far as A can be reached.
pub async fn run(job: &Job, servers: Servers<'_>, options: &Options) -> Outcome {
    let started = Instant::now();
    let Servers { source, target, redis } = servers;
    let (name, counts, notes) = (job.target.to_string(), Counts::default(), Vec::new());
    let mut cycle = Cycle { job, source, target, options, started, name, counts, notes };
    let error = match cycle.run(redis).await {
        Ok(outcome) => return outcome,
        Err(error) => error,
    };
    // Without an answer there is nothing to roll back on this side of the connection.
    let _ = source.batch_execute("ROLLBACK").await;
    let _ = target.batch_execute("ROLLBACK").await;
    let mut outcome = Outcome { seconds: started.elapsed().as_secs_f64(), ..Outcome::new(Status::Failed) };
    outcome.error = Some(if error.is("55P03") { cycle.name_holders(error).await } else { error });
    match state::record_failure(target, &cycle.name, job, &outcome, &options.instance).await {
        Ok(failures) => outcome.failures = failures,
        Err(_) => drop(target.batch_execute("ROLLBACK").await),
    }
    outcome
}

/// A cycle under way.
struct Cycle<'a> {
    job: &'a Job,
    source: &'a Client,
    target: &'a Client,
    options: &'a Options,
    started: Instant,
    /// TARGET_TABLE, quoted, with its schema.
    name: String,
    counts: Counts,
    notes: Vec<String>,
}

/// What the cycle begins from.
struct Start {
    state: State,
    texts: Texts,
    reading: Reading,
    full_read: Option<FullRead>,
    /// Without what a full read forgets.
    watermark: Watermark,
    bound: i64,
}

impl Cycle<'_> {
    async fn run(&mut self, mut redis: Option<&mut MultiplexedConnection>) -> Result<Outcome> {
        self.target.batch_execute(&self.begin()).await.map_err(target("begin"))?;
        self.name = self.table_name().await?;
        if !state::lock(self.target, &self.name).await? {
            return self.elsewhere().await;
        }
        failpoint::pass("locked");
        let state = state::load(self.target, &self.name).await?;
        let fresh = self.options.fresh.as_secs_f64();
        if state.instance != self.options.instance && state.age.is_some_and(|age| age < fresh) {
            return self.elsewhere().await;
        }
        let texts = Texts::of(self.job);
        let (table, created) = self.create(&state, &texts).await?;
        let start = self.start(state, texts, created).await?;
        let query = Query::source(self.source, &self.job.select_source).await?;
        let row_by_row = self.options.method == Method::RowByRow;
        let plan = upsert::plan(self.target, self.job, &query, &table, row_by_row).await?;
        let context = Context {
            job: self.job,
            source: self.source,
            target: self.target,
            query: &query,
            table: &table,
            plan: &plan,
            allow_deletes: self.options.allow_deletes,
        };
        let found = self.load_hashes(redis.as_deref_mut(), &start).await;
        let known = found.as_ref().and_then(|found| found.known.as_ref());

        let rows = self.rows(context, &start, known, found.is_some()).await?;
        failpoint::pass("upserted");
        let compared = self.keys(context, &start, &rows).await?;
        failpoint::pass("deleted");
        let changed = known != rows.hashes.as_ref();
        let (outcome, token) = self.finish(&start, &query, &rows, compared, changed).await?;
        failpoint::pass("committed");
        let (Some(redis), Some(found), Some(token)) = (redis, found, token) else { return Ok(outcome) };
        Ok(self.store_hashes(redis, found, &token, &rows, outcome).await)
    }

    fn begin(&self) -> String {
        let (timeout, lock_timeout) = (self.job.timeout.as_millis(), self.options.lock_timeout.as_millis());
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; DEALLOCATE ALL; SET LOCAL client_min_messages = warning; \
             SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = {lock_timeout}; \
             SET LOCAL statement_timeout = {timeout}; SET LOCAL idle_in_transaction_session_timeout = {timeout}"
        )
    }

    /// Names the processes that the lock was refused for.
    async fn name_holders(&self, mut error: Error) -> Error {
        if let Ok(rows) = self.target.query(HOLDERS, &[&self.name]).await {
            let pids: Vec<String> =
                rows.iter().filter_map(|row| Some(row.try_get::<_, i32>(0).ok()?.to_string())).collect();
            if !pids.is_empty() {
                error.message.push_str(&format!(", held by process {}", pids.join(", ")));
            }
        }
        error
    }

    /// TARGET_TABLE with its schema: that of the table if it exists, else the one in which it will be created.
    async fn table_name(&self) -> Result<String> {
        if let Some(table) = find(self.target, &self.job.target).await? {
            return Ok(table.name);
        }
        let schema = match &self.job.target.schema {
            Some(schema) => schema.clone(),
            None => {
                let row = self.target.query_one("SELECT current_schema()::text", &[]).await.map_err(target("begin"))?;
                let schema: Option<String> = row.try_get(0).map_err(target("begin"))?;
                schema.ok_or_else(|| Error::job("search_path names no schema: name one in TARGET_TABLE"))?
            }
        };
        Ok(format!("{}.{}", quote(&schema), quote(&self.job.target.table)))
    }

    async fn elsewhere(&self) -> Result<Outcome> {
        self.target.batch_execute("ROLLBACK").await.map_err(target("roll back"))?;
        Ok(Outcome { seconds: self.started.elapsed().as_secs_f64(), ..Outcome::new(Status::Elsewhere) })
    }

    /// Executes CREATE_TABLE_SQL if the table is absent or the text is new. True: the table is new.
    async fn create(&self, state: &State, texts: &Texts) -> Result<(Target, bool)> {
        let found = find(self.target, &self.job.target).await?;
        let created = found.is_none();
        if let Some(table) = found.filter(|_| state.create_hash.as_ref() == Some(&texts.create)) {
            return Ok((table, false));
        }
        for statement in self.job.create_statements() {
            let refused = in_text(Server::Target, "CREATE_TABLE_SQL", |position| statement.line_at(position));
            self.target.execute(&statement.sql, &[]).await.map_err(refused)?;
        }
        let missing = || Error::job(format!("CREATE_TABLE_SQL creates no table {}", self.job.target));
        let table = find(self.target, &self.job.target).await?;
        Ok((table.ok_or_else(|| missing().at("CREATE_TABLE_SQL", self.job.create_table.line))?, created))
    }

    /// Takes M's snapshot and decides from where on it is read.
    async fn start(&self, state: State, texts: Texts, created: bool) -> Result<Start> {
        let reading = read::begin(self.source, self.job.timeout).await?;
        let full_read = match state.watermark.full_read(&reading.snapshot) {
            Some(reason) => Some(reason),
            None if created => Some(FullRead::NewTable),
            None if state.query_hash.as_ref() != Some(&texts.query) => Some(FullRead::NewTexts),
            None => None,
        };
        let watermark = if full_read.is_some() { Watermark::default() } else { state.watermark.clone() };
        let bound = watermark.bound(self.job.lag);
        Ok(Start { state, texts, reading, full_read, watermark, bound })
    }
}

/// Hashes of the texts of a job, by which a change is seen.
struct Texts {
    create: String,
    query: String,
}

impl Texts {
    fn of(job: &Job) -> Self {
        let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        let query = format!("{}\0{}", job.select_source.sql, job.upsert.row.sql);
        Self { create: hash(&job.create_table.sql), query: hash(&query) }
    }
}
