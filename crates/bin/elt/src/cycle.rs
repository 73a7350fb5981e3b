//! One cycle of a job: lock, snapshot, rows, keys, state, COMMIT, Redis.
//!
//! A's lock is taken before M's snapshot and held by the transaction that writes. So a process that was frozen in the
//! middle and wakes up has either kept everybody else away from the table or lost its transaction: an older snapshot never
//! comes after a newer one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redis::aio::MultiplexedConnection;
use tokio_postgres::Client;

use crate::{
    error::{Error, Result, Server, in_text, target as target_error},
    job::Job,
    keys::context::Context,
    outcome::{Counts, Outcome, Status},
    progress::Progress,
    source::query::Query,
    source::read::{self, Reading},
    source::watermark::{FullRead, Watermark},
    state::{self, State},
    target::upsert::{self, Plan},
    target::{self, Target, find},
};

pub(crate) mod backfill;
mod capture;
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
#[derive(Clone, Debug)]
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
    /// Everything is read, whatever is known of earlier cycles.
    pub from_beginning: bool,
    /// The cycle is rolled back; the outcome says what it would have changed.
    pub dry_run: bool,
    /// A failure is written to `elt.jobs` and `elt.runs`. A caller that tries again writes only the last one,
    /// with [`record_failure`].
    pub record_failure: bool,
    /// M's planner estimates how many rows will be read.
    pub estimate: bool,
    /// What the cycle tells while it runs.
    pub progress: Arc<Progress>,
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

/// Keys are compared in one hash table: with the default of 4 MB a million of them are written to files, which takes three
/// times as long.
const WORK_MEM: &str = "SELECT pg_catalog.set_config('work_mem', '64MB', true) \
    WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')) < pg_catalog.pg_size_bytes('64MB')";

const HOLDERS: &str = include_str!("../../../../sql/elt/target/select_lock_holders.sql");

/// Runs one cycle. Its failures are in the outcome, and in `elt.jobs` and `elt.runs` as far as A can be reached.
pub async fn run(job: &Job, servers: Servers<'_>, options: &Options) -> Outcome {
    let mut cycle = Cycle::of(job, servers.source, servers.target, options);
    match cycle.run(servers.redis).await {
        Ok(outcome) => outcome,
        Err(error) => cycle.failed(error).await,
    }
}

/// Writes a failed outcome to `elt.jobs` and `elt.runs`, as far as A can be reached.
pub async fn record_failure(job: &Job, client: &Client, instance: &str, outcome: &mut Outcome) {
    let recorded = async {
        // Behind a pooler, named statements work within a transaction only.
        client.batch_execute("BEGIN; DEALLOCATE ALL").await.map_err(target_error("write the failure"))?;
        let name = target::name(client, &job.target).await?;
        state::record_failure(client, &name, job, outcome, instance).await
    };
    match recorded.await {
        Ok(failures) => outcome.failures = failures,
        Err(_) => drop(client.batch_execute("ROLLBACK").await),
    }
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
    /// The condition that ends the rows; `None`: they have no end.
    until: Option<String>,
}

impl<'a> Cycle<'a> {
    fn of(job: &'a Job, source: &'a Client, target: &'a Client, options: &'a Options) -> Self {
        let (name, counts, notes) = (job.target.to_string(), Counts::default(), Vec::new());
        Self { job, source, target, options, started: Instant::now(), name, counts, notes }
    }

    /// The outcome of a cycle that has failed.
    async fn failed(&self, error: Error) -> Outcome {
        // Without an answer there is nothing to roll back on this side of the connection.
        let _ = self.source.batch_execute("ROLLBACK").await;
        let _ = self.target.batch_execute("ROLLBACK").await;
        let mut outcome = Outcome { seconds: self.started.elapsed().as_secs_f64(), ..Outcome::new(Status::Failed) };
        outcome.error = Some(if error.is("55P03") { self.name_holders(error).await } else { error });
        if self.options.record_failure && !self.options.dry_run {
            record_failure(self.job, self.target, &self.options.instance, &mut outcome).await;
        }
        outcome
    }

    async fn run(&mut self, mut redis: Option<&mut MultiplexedConnection>) -> Result<Outcome> {
        self.target.batch_execute(&self.begin()).await.map_err(target_error("begin"))?;
        self.name = target::name(self.target, &self.job.target).await?;
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
        let (table, created) = create(self.target, self.job, state.create_hash.as_ref() == Some(&texts.create)).await?;
        let start = self.start(state, texts, created).await?;
        let query = Query::source(self.source, &self.job.select_source).await?;
        let plan = self.plan(&query, &table).await?;
        let context = self.context(&query, &table, &plan);
        if self.options.dry_run {
            capture::begin(self.target, self.job, context.table).await?;
        }
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

    async fn plan<'p>(&self, query: &'p Query, table: &'p Target) -> Result<Plan<'p>>
    where
        'a: 'p,
    {
        let row_by_row = self.options.method == Method::RowByRow;
        upsert::plan(self.target, self.job, query, table, row_by_row).await
    }

    fn context<'c>(&self, query: &'c Query, table: &'c Target, plan: &'c Plan<'c>) -> Context<'c>
    where
        'a: 'c,
    {
        let Self { job, source, target, options, .. } = *self;
        let (allow_deletes, progress) = (options.allow_deletes, &*options.progress);
        Context { job, source, target, query, table, plan, allow_deletes, progress }
    }

    fn begin(&self) -> String {
        let (timeout, lock_timeout) = (self.job.timeout.as_millis(), self.options.lock_timeout.as_millis());
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; DEALLOCATE ALL; SET LOCAL client_min_messages = warning; \
             SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = {lock_timeout}; \
             SET LOCAL statement_timeout = {timeout}; SET LOCAL idle_in_transaction_session_timeout = {timeout}; {WORK_MEM}"
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

    async fn elsewhere(&self) -> Result<Outcome> {
        self.target.batch_execute("ROLLBACK").await.map_err(target_error("roll back"))?;
        Ok(Outcome { seconds: self.started.elapsed().as_secs_f64(), ..Outcome::new(Status::Elsewhere) })
    }

    /// Takes M's snapshot and decides from where on it is read.
    async fn start(&self, state: State, texts: Texts, created: bool) -> Result<Start> {
        let reading = read::begin(self.source, self.job.timeout).await?;
        let full_read = match state.watermark.full_read(&reading.snapshot) {
            Some(reason) => Some(reason),
            None if self.options.from_beginning => Some(FullRead::Asked),
            None if created => Some(FullRead::NewTable),
            None if state.query_hash.as_ref() != Some(&texts.query) => Some(FullRead::NewTexts),
            None => None,
        };
        let watermark = if full_read.is_some() { Watermark::default() } else { state.watermark.clone() };
        let bound = watermark.bound(self.job.lag);
        Ok(Start { state, texts, reading, full_read, watermark, bound, until: None })
    }
}

/// Executes CREATE_TABLE_SQL if the table is absent or the text is new. True: the table is new.
pub(crate) async fn create(client: &Client, job: &Job, known: bool) -> Result<(Target, bool)> {
    let found = find(client, &job.target).await?;
    let created = found.is_none();
    if let Some(table) = found.filter(|_| known) {
        return Ok((table, false));
    }
    for statement in job.create_statements() {
        let refused = in_text(Server::Target, "CREATE_TABLE_SQL", |position| statement.line_at(position));
        client.execute(&statement.sql, &[]).await.map_err(refused)?;
    }
    let missing = || Error::job(format!("CREATE_TABLE_SQL creates no table {}", job.target));
    let table = find(client, &job.target).await?;
    Ok((table.ok_or_else(|| missing().at("CREATE_TABLE_SQL", job.create_table.line))?, created))
}

/// Hashes of the texts of a job, by which a change is seen.
pub(crate) struct Texts {
    pub(crate) create: String,
    query: String,
}

impl Texts {
    pub(crate) fn of(job: &Job) -> Self {
        let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        let query = format!("{}\0{}", job.select_source.sql, job.upsert.row.sql);
        Self { create: hash(&job.create_table.sql), query: hash(&query) }
    }
}
