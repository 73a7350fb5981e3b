//! Comparison of keys: rows that M lacks are deleted, rows that A lacks are read again.

use tokio_postgres::Client;

use crate::{
    error::{Error, Result, target},
    guard::Deletes,
    hashes::Fingerprint,
    job::{DELETED_AT, DeleteMode, Job},
    keys_sql::{DIFFERENCE, KEYS, Keys, REPAIR, SURPLUS, restrict},
    read::{Query, Rows},
    row_by_row,
    state::Compared,
    target::{Target, get},
    upsert::{Plan, copy},
    upsert_sql::{copy_in, create_stage},
    watermark::BEGINNING,
};

/// How often differences are read again and compared again in one cycle. A row that moves from one key to another may
/// uncover a difference at the key it leaves.
const ROUNDS: u32 = 3;

/// More keys than these are not listed in a query: everything is read again.
const LISTED: i64 = 100_000;

/// Comparisons are repeated after so many seconds although nothing seems to have changed.
const MAX_AGE: f64 = 3600.0;

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
}

/// What a comparison has done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) deleted: u64,
    pub(crate) repaired: u64,
    pub(crate) missing: u64,
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
            Some(held) => done.held = Some(held),
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
        done.missing = summary.missing;
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

    async fn compare(&self) -> Result<()> {
        self.batch(&self.keys.compare(), "compare keys").await
    }

    /// Reads rows again whose keys A has too few or too many of, and upserts them. Returns the rows written.
    async fn repair(&self) -> Result<u64> {
        self.batch(&self.keys.create_tried(), "compare keys").await?;
        let mut repaired = 0;
        for round in 1..=ROUNDS {
            let untried = self.number(&self.keys.insert_tried(round)).await?;
            if untried == 0 {
                break;
            }
            repaired += self.read_again(round, untried).await?;
            self.drop(DIFFERENCE).await?;
            self.compare().await?;
        }
        Ok(repaired)
    }

    async fn read_again(&self, round: u32, untried: i64) -> Result<u64> {
        let Context { source, query, plan, .. } = self.context;
        let selects = match self.places() {
            Some(places) if untried <= LISTED => self.restricted(round, &places).await?,
            _ => vec![query.select(BEGINNING, None)],
        };
        let mut written = 0;
        if round == 1 && matches!(plan, Plan::SetBased(_)) {
            self.batch(&create_stage(REPAIR, &query.columns), "create the stage").await?;
        }
        for select in selects {
            let mut rows = Rows::open(source, &select).await?;
            match plan {
                Plan::SetBased(_) => {
                    copy(self.context.target, &copy_in(REPAIR, &[]), &mut rows, |_| true).await?;
                }
                Plan::RowByRow(statement) => {
                    let (client, columns) = (self.context.target, &query.columns);
                    written += row_by_row::run(client, statement, columns, &mut rows, |_| true).await?;
                }
            }
        }
        if let Plan::SetBased(upsert) = plan {
            written += self.upsert_again(upsert).await?;
        }
        Ok(written)
    }

    /// Upserts the rows that were read again. If one of them takes the place of a row that is to be deleted, that goes first.
    async fn upsert_again(&self, upsert: &crate::upsert_sql::Upsert<'_>) -> Result<u64> {
        let Context { job, target: client, .. } = self.context;
        self.batch("SAVEPOINT elt_repair_upsert", "repair").await?;
        let written = match upsert.run(client, job, REPAIR, false).await {
            Err(error) if error.is("23505") => {
                self.batch("ROLLBACK TO SAVEPOINT elt_repair_upsert", "repair").await?;
                let summary = self.summarize().await?;
                if self.held(summary.gone).await?.is_some() {
                    return Err(error);
                }
                self.delete_gone().await?;
                upsert.run(client, job, REPAIR, false).await
            }
            other => other,
        }?;
        Ok(written.inserted + written.updated)
    }

    /// The column of SELECT_SOURCE_SQL that fills each key column; `None` if one of them is filled in another way.
    fn places(&self) -> Option<Vec<usize>> {
        let Plan::SetBased(upsert) = self.context.plan else {
            let names = &self.context.query.columns;
            let place = |key: &String| names.iter().position(|column| column.name == *key);
            return self.context.job.key_columns.iter().map(place).collect();
        };
        let place = |key: &crate::target::Column| {
            let place = upsert.listed.iter().position(|column| column.name == key.name)?;
            upsert.parts.values.get(place)?.bare
        };
        self.keys.columns.iter().map(place).collect()
    }

    /// SELECT_SOURCE_SQL restricted to the keys of a round: a query for each pattern of NULLs.
    async fn restricted(&self, round: u32, places: &[usize]) -> Result<Vec<String>> {
        let client = self.context.target;
        // A reads dates in one order and writes them in another if a role says so; M reads ISO in any case.
        self.batch("SAVEPOINT elt_iso; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = postgres", "keys")
            .await?;
        let rows = client.query(&self.keys.select_tried(round), &[]).await.map_err(target("read the keys"))?;
        self.batch("ROLLBACK TO SAVEPOINT elt_iso", "keys").await?;
        let mut selects = Vec::new();
        for rows in rows.chunk_by(|a, b| a.get::<_, i64>(0) == b.get::<_, i64>(0)) {
            let mask = rows.first().map_or(0, |row| row.get::<_, i64>(0));
            let mut values = vec![Vec::with_capacity(rows.len()); places.len()];
            for row in rows {
                for (place, values) in values.iter_mut().enumerate() {
                    values.extend(row.try_get::<_, Option<String>>(place + 1).map_err(target("read the keys"))?);
                }
            }
            let condition = restrict(&self.context.query.columns, places, mask, &values);
            selects.push(self.context.query.select(BEGINNING, Some(&condition)));
        }
        Ok(selects)
    }

    /// Finds rows that their key has too many of. Returns their number.
    async fn find_surplus(&self) -> Result<u64> {
        let Plan::SetBased(upsert) = self.context.plan else { return Ok(0) };
        let Some(conflict) = upsert.conflict.as_ref() else { return Ok(0) };
        let masks = self.masks(DIFFERENCE).await?;
        if masks.is_empty() {
            return Ok(0);
        }
        self.batch(&self.keys.find_surplus(upsert, conflict, &masks), "look for surplus rows").await?;
        Ok(self.number(&format!("SELECT count(*) FROM {SURPLUS}")).await?.unsigned_abs())
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
    /// Distinct keys of M that A has too few or too many of.
    repairable: u64,
    /// A hash of these.
    unresolved: String,
}
