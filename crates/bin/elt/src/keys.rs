//! Comparison of keys: rows that M lacks are deleted, rows that A lacks are read again.
//!
//! Both sides send their keys to the service, which hashes them into buckets and stores none of them. Only the keys of
//! buckets that differ go into temporary tables of A, where they are compared exactly. Keys whose equality in A is not
//! that of bytes, and keys of which most differ, go there all at once.

use crate::{
    error::{Error, Result, target},
    job::{DELETED_AT, DeleteMode, Job},
    keys::buckets::{Buckets, Selection},
    keys::context::Context,
    keys::form::Form,
    keys::guard::Deletes,
    keys::hash::{Fingerprint, Hasher, Secret},
    keys::sql::{DIFFERENCE, Keys},
    source::query::Query,
    state::Compared,
    target::get,
};

/// Comparisons are repeated after so many seconds although nothing seems to have changed.
const MAX_AGE: f64 = 3600.0;

pub(crate) mod context;
pub(crate) mod form;
pub(crate) mod hash;
pub(crate) mod buckets;
pub(crate) mod sql;
pub(crate) mod guard;
mod stream;
mod compare;
mod repair;

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

/// The keys of M, read once.
pub(crate) struct Comparison<'a> {
    context: Context<'a>,
    query: Query,
    keys: Keys<'a>,
    hasher: Hasher,
    fingerprint: Fingerprint,
    /// The keys of M by bucket; `None`: all keys go into the temporary table.
    source: Option<Buckets>,
    /// The keys of A by bucket, if A has not been changed since they were read.
    target: Option<Buckets>,
    /// The rows of A, if they were counted.
    target_rows: Option<u64>,
    copied: Copied,
}

/// The keys of M that are in the temporary table.
enum Copied {
    Nothing,
    Selected(Selection),
    All,
}

/// Reads the keys. `before`: what is known of an earlier comparison, if nothing was written since, and its age in seconds.
/// `None` if M has the same keys as then.
pub(crate) async fn read<'a>(
    context: Context<'a>,
    before: Option<(&Compared, Option<f64>)>,
) -> Result<Option<Comparison<'a>>> {
    let columns = context.table.keys(&context.job.key_columns)?;
    let query = describe(context).await?;
    let forms = Form::of_all(&query.columns, &columns);
    let before = before.and_then(|(before, age)| still_valid(context.job, before, age));
    let secret = match before {
        Some(before) => before.secret,
        None => Secret::from_text(&stream::draw_secret(context).await?),
    };
    let hasher = Hasher::new(secret, forms);
    let keys = Keys { target: context.table, columns, soft: context.job.delete == DeleteMode::Soft };
    let ((fingerprint, source), target) = match before {
        None if hasher.is_common() => {
            check_soft(context)?;
            let (source, target) = tokio::try_join!(
                stream::of_source(context, &query, &hasher),
                stream::of_target(context, &keys, &hasher)
            )?;
            (source, Some(target))
        }
        _ => (stream::of_source(context, &query, &hasher).await?, None),
    };
    if before == Some(fingerprint) {
        return Ok(None);
    }
    check_soft(context)?;
    let source = hasher.is_common().then_some(source);
    let (target_rows, copied) = (None, Copied::Nothing);
    Ok(Some(Comparison { context, query, keys, hasher, fingerprint, source, target, target_rows, copied }))
}

/// The fingerprint of an earlier comparison, if it was of the same texts and is not too old.
fn still_valid(job: &Job, before: &Compared, age: Option<f64>) -> Option<Fingerprint> {
    if before.texts.as_ref() != Some(&texts(job)) || age.is_none_or(|age| age > MAX_AGE) {
        return None;
    }
    Fingerprint::from_text(before.count?, before.sum.as_deref()?)
}

fn check_soft(context: Context<'_>) -> Result<()> {
    if context.job.delete == DeleteMode::Soft && context.table.column(DELETED_AT).is_none() {
        return Err(context.table.missing(DELETED_AT, None));
    }
    Ok(())
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

impl Comparison<'_> {
    /// Deletes what M lacks before the upsert, for a row whose place another one still takes. Returns the rows deleted, or
    /// why none were. The keys have to be read again afterwards.
    pub(crate) async fn delete_first(mut self) -> Result<std::result::Result<u64, String>> {
        let summary = self.compare().await?;
        let deleted = match self.held(summary.gone).await? {
            Some(held) => Err(held),
            None if summary.gone == 0 => Ok(0),
            None => Ok(self.delete_gone().await?),
        };
        self.drop_differences().await?;
        self.batch(&sql::drop_keys(), "compare keys").await?;
        Ok(deleted)
    }

    /// Compares, reads again, compares again, deletes.
    pub(crate) async fn reconcile(mut self, unresolved_before: Option<&str>) -> Result<Done> {
        let mut done = Done::default();
        let mut summary = self.compare().await?;
        let again = summary.repairable > 0 && unresolved_before != Some(&summary.unresolved);
        if again && self.context.job.delete != DeleteMode::Off {
            (done.repaired, summary) = self.repair(summary).await?;
        }
        let surplus = if again && summary.surplus > 0 { self.find_surplus().await? } else { 0 };
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
                    let deleted = self.execute(&self.keys.delete_surplus(), "delete rows").await?;
                    done.deleted += deleted;
                    summary = self.summarize_without_surplus(surplus, deleted).await?;
                }
            }
        }
        (done.missing, done.surplus) = (summary.missing, summary.surplus);
        done.compared = done.held.is_none().then(|| Compared {
            texts: Some(texts(self.context.job)),
            count: Some(self.fingerprint.count),
            sum: Some(self.fingerprint.to_text()),
            unresolved: Some(summary.unresolved),
        });
        Ok(done)
    }

    /// The differences that are left. A trigger may have kept rows.
    async fn summarize_without_surplus(&mut self, surplus: u64, deleted: u64) -> Result<Summary> {
        if deleted != surplus {
            return self.compare().await;
        }
        self.batch(&Keys::forget_surplus(), "compare keys").await?;
        self.summarize().await
    }

    async fn delete_gone(&self) -> Result<u64> {
        let masks = self.masks(DIFFERENCE).await?;
        self.execute(&self.keys.delete_gone(&masks), "delete rows").await
    }

    /// Why `rows` may not be deleted.
    async fn held(&self, rows: u64) -> Result<Option<String>> {
        let source_keys = self.fingerprint.count.unsigned_abs();
        if self.context.allow_deletes || rows == 0 {
            return Ok(None);
        }
        let target_rows = match self.target_rows {
            Some(rows) => rows,
            None => self.number(&self.keys.count()).await?.unsigned_abs(),
        };
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

    async fn drop_differences(&self) -> Result<()> {
        self.batch(&sql::drop_differences(), "compare keys").await
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

impl Summary {
    /// No differences, as [`Comparison::summarize`] finds them in an empty table.
    fn none() -> Self {
        Self { gone: 0, missing: 0, surplus: 0, repairable: 0, unresolved: "0:0".to_owned() }
    }
}
