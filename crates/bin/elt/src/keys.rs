//! Comparison of keys: rows that M lacks are deleted, rows that A lacks are read again.

use tokio_postgres::Client;

use crate::{
    error::{Error, Result, target},
    job::{DELETED_AT, DeleteMode, Job},
    keys::guard::Deletes,
    keys::sql::{DIFFERENCE, KEYS, Keys},
    progress::Progress,
    source::query::Query,
    source::read::Rows,
    source::watermark::BEGINNING,
    state::Compared,
    state::hashes::Fingerprint,
    target::upsert::sql::{copy_in, create_stage},
    target::upsert::{Plan, copy},
    target::{Target, get},
};

/// Comparisons are repeated after so many seconds although nothing seems to have changed.
const MAX_AGE: f64 = 3600.0;

pub(crate) mod sql;
pub(crate) mod guard;
mod repair;

/// The databases and the job that a comparison is about.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) job: &'a Job,
    pub(crate) source: &'a Client,
    pub(crate) target: &'a Client,
    pub(crate) query: &'a Query,
    pub(crate) table: &'a Target,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) allow_deletes: bool,
    pub(crate) progress: &'a Progress,
}

/// What a comparison has done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) deleted: u64,
    pub(crate) repaired: u64,
    pub(crate) missing: u64,
    /// Rows of A that their key has too many of and that cannot be told apart.
    pub(crate) surplus: u64,
    /// What is remembered of it; `None` if it has to be repeated.
    pub(crate) compared: Option<Compared>,
    /// Why deletes were held.
    pub(crate) held: Option<String>,
}

/// The keys of M in a temporary table of A.
pub(crate) struct Loaded<'a> {
    context: Context<'a>,
    keys: Keys<'a>,
    fingerprint: Fingerprint,
}

/// Reads the keys and notes only their fingerprint. `None` if they are the ones that were compared before.
pub(crate) async fn have_changed(context: Context<'_>, before: &Compared, age: Option<f64>) -> Result<bool> {
    if before.texts.as_ref() != Some(&texts(context.job)) || age.is_none_or(|age| age > MAX_AGE) {
        return Ok(true);
    }
    let query = describe(context).await?;
    let mut fingerprint = Fingerprint::default();
    let mut rows = Rows::open(context.source, &query.select(BEGINNING, None)).await?;
    let mut see = |tuple: &[u8]| {
        fingerprint.add(tuple);
        context.progress.add(tuple.len());
        false
    };
    while rows.next(&mut see).await?.is_some() {}
    Ok(before.count != Some(fingerprint.count) || before.sum.as_deref() != Some(&fingerprint.sum.to_string()))
}

/// Reads the keys into A.
pub(crate) async fn load(context: Context<'_>) -> Result<Loaded<'_>> {
    let soft = context.job.delete == DeleteMode::Soft;
    if soft && context.table.column(DELETED_AT).is_none() {
        return Err(context.table.missing(DELETED_AT, None));
    }
    let keys = Keys { target: context.table, columns: context.table.keys(&context.job.key_columns)?, soft };
    let query = describe(context).await?;
    let create = create_stage(KEYS, &query.columns);
    context.target.batch_execute(&create).await.map_err(target("create the table of keys"))?;
    let mut fingerprint = Fingerprint::default();
    let mut rows = Rows::open(context.source, &query.select(BEGINNING, None)).await?;
    let see = |tuple: &[u8]| {
        fingerprint.add(tuple);
        context.progress.add(tuple.len());
        true
    };
    copy(context.target, &copy_in(KEYS, &[]), &mut rows, see).await?;
    Ok(Loaded { context, keys, fingerprint })
}

/// Describes SELECT_KEYS_SQL: its columns are KEY_COLUMNS.
async fn describe(context: Context<'_>) -> Result<Query> {
    let job = context.job;
    let query = Query::keys(context.source, &job.select_keys).await?;
    let names: Vec<String> = query.columns.iter().map(|column| column.name.clone()).collect();
    match job.check_key_columns(&names) {
        Some(problem) => Err(Error::job(problem.message).at("SELECT_KEYS_SQL", problem.line)),
        None => Ok(query),
    }
}

fn texts(job: &Job) -> String {
    let text = format!("{}\0{:?}\0{:?}", job.select_keys.sql, job.key_columns, job.delete);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

impl Loaded<'_> {
    /// Deletes what M lacks before the upsert, for a row whose place another one still takes. Returns the rows deleted, or
    /// why none were.
    pub(crate) async fn delete_first(&self) -> Result<std::result::Result<u64, String>> {
        self.compare().await?;
        let summary = self.summarize().await?;
        let deleted = match self.held(summary.gone).await? {
            Some(held) => Err(held),
            None => Ok(self.delete_gone().await?),
        };
        self.drop(DIFFERENCE).await?;
        Ok(deleted)
    }

    /// Compares, reads again, compares again, deletes.
    pub(crate) async fn reconcile(&self, unresolved_before: Option<&str>) -> Result<Done> {
        let mut done = Done::default();
        self.compare().await?;
        let mut summary = self.summarize().await?;
        let again = summary.repairable > 0 && unresolved_before != Some(&summary.unresolved);
        if again && self.context.job.delete != DeleteMode::Off {
            done.repaired = self.repair().await?;
            summary = self.summarize().await?;
        }
        let surplus = if again { self.find_surplus().await? } else { 0 };
        match self.held(summary.gone + surplus).await? {
            Some(held) => {
                // These can be told apart, and go with the others once that is allowed.
                summary.surplus = summary.surplus.saturating_sub(surplus);
                done.held = Some(held);
            }
            None => {
                if summary.gone > 0 {
                    done.deleted += self.delete_gone().await?;
                }
                if surplus > 0 {
                    done.deleted += self.execute(&self.keys.delete_surplus(), "delete rows").await?;
                    self.drop(DIFFERENCE).await?;
                    self.compare().await?;
                    summary = self.summarize().await?;
                }
            }
        }
        (done.missing, done.surplus) = (summary.missing, summary.surplus);
        done.compared = done.held.is_none().then(|| Compared {
            texts: Some(texts(self.context.job)),
            count: Some(self.fingerprint.count),
            sum: Some(self.fingerprint.sum.to_string()),
            unresolved: Some(summary.unresolved),
        });
        Ok(done)
    }

    /// Drops the keys, so that they can be read again.
    pub(crate) async fn discard(self) -> Result<()> {
        self.drop(KEYS).await
    }

    /// Without statistics the planner takes the differences for one row, and finds rows of A by reading all of A for each.
    async fn compare(&self) -> Result<()> {
        self.batch(&self.keys.compare(), "compare keys").await?;
        self.batch(&format!("ANALYZE {DIFFERENCE}"), "compare keys").await
    }

    async fn delete_gone(&self) -> Result<u64> {
        let mut deleted = 0;
        for mask in self.masks(DIFFERENCE).await? {
            deleted += self.execute(&self.keys.delete_gone(mask), "delete rows").await?;
        }
        Ok(deleted)
    }

    /// Why `rows` may not be deleted.
    async fn held(&self, rows: u64) -> Result<Option<String>> {
        let source_keys = self.fingerprint.count.unsigned_abs();
        if self.context.allow_deletes || rows == 0 {
            return Ok(None);
        }
        let target_rows = self.number(&self.keys.count()).await?.unsigned_abs();
        let deletes = Deletes { source_keys, target_rows, rows, max_ratio: self.context.job.max_delete_ratio };
        Ok(deletes.held())
    }

    async fn masks(&self, table: &str) -> Result<Vec<i64>> {
        let rows = self.context.target.query(&self.keys.masks(table), &[]).await.map_err(target("compare keys"))?;
        rows.iter().map(|row| row.try_get(0).map_err(target("compare keys"))).collect()
    }

    async fn summarize(&self) -> Result<Summary> {
        let row = self.context.target.query_one(&self.keys.summarize(), &[]).await.map_err(target("compare keys"))?;
        let number = |name: &str| get::<i64>(&row, name).map(i64::unsigned_abs);
        Ok(Summary {
            gone: number("gone")?,
            missing: number("missing")?,
            surplus: number("surplus")?,
            repairable: number("repairable")?,
            unresolved: get(&row, "unresolved")?,
        })
    }

    async fn number(&self, query: &str) -> Result<i64> {
        let row = self.context.target.query_one(query, &[]).await.map_err(target("compare keys"))?;
        row.try_get(0).map_err(target("compare keys"))
    }

    async fn drop(&self, table: &str) -> Result<()> {
        self.batch(&format!("DROP TABLE {table}"), "compare keys").await
    }

    async fn execute(&self, statement: &str, step: &'static str) -> Result<u64> {
        self.context.target.execute(statement, &[]).await.map_err(target(step))
    }

    async fn batch(&self, statements: &str, step: &'static str) -> Result<()> {
        self.context.target.batch_execute(statements).await.map_err(target(step))
    }
}

/// The differences in numbers.
struct Summary {
    /// Rows of A whose keys M lacks.
    gone: u64,
    /// Keys that M has more often.
    missing: u64,
    /// Rows of A that keys of M have too many of.
    surplus: u64,
    /// Distinct keys of M that A has too few or too many of.
    repairable: u64,
    /// A hash of these.
    unresolved: String,
}
