//! Random histories of M against a model that never looks at our SQL: after each good cycle A is what the model says.
//!
//! 29 histories of each kind, 232 in all; `HISTORIES=200` runs that many of each, `SEED=7` begins with another one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use elt::{Job, Method, Status};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use tokio_postgres::Client;

use crate::fixture::{Fixture, ITEMS, connect, items};

type Row = (String, Option<String>);

/// The committed rows of `items`, and what open transactions will add.
#[derive(Default)]
struct Model {
    rows: BTreeMap<i32, Row>,
    next_id: i32,
    next_title: i32,
}

/// What one statement does to a row; `None` deletes it.
type Change = (i32, Option<Row>);

/// A transaction that is open across cycles.
struct Open {
    client: Client,
    changes: Vec<Change>,
}

struct History<'f> {
    fixture: &'f Fixture,
    random: ChaCha8Rng,
    model: Model,
    open: Vec<Open>,
    /// Rows that open transactions have changed.
    locked: BTreeSet<i32>,
    /// Hours by which the clocks of all writers are wrong.
    ahead: i32,
    title_is_key: bool,
}

const TITLES: [&str; 4] = ["tea", "cup", "pot", "it's \"a\\b\" {x,y}"];
const CATEGORIES: [Option<&str>; 3] = [None, Some("a"), Some("")];

impl History<'_> {
    fn title(&mut self) -> String {
        (*TITLES.choose(&mut self.random).unwrap()).to_owned()
    }

    fn category(&mut self) -> Option<String> {
        CATEGORIES.choose(&mut self.random).unwrap().map(str::to_owned)
    }

    /// A row that no open transaction has locked.
    fn free_row(&mut self) -> Option<i32> {
        let free: Vec<i32> = self.model.rows.keys().copied().filter(|id| !self.locked.contains(id)).collect();
        free.choose(&mut self.random).copied()
    }

    /// A statement, with what it does.
    fn statement(&mut self) -> (String, Change) {
        let stamp = format!("localtimestamp + interval '{} hours'", self.ahead);
        let kind = self.random.random_range(0..10);
        let Some(id) = self.free_row().filter(|_| kind >= 3) else {
            // An id that was there before comes back now and then.
            let again = self.random.random_range(1..=self.model.next_id.max(1));
            let taken = self.model.next_id == 0 || self.model.rows.contains_key(&again) || self.locked.contains(&again);
            let id = if taken || self.random.random_bool(0.7) {
                self.model.next_id += 1;
                self.model.next_id
            } else {
                again
            };
            let (title, category) = (self.title(), self.category());
            let sql = format!("INSERT INTO items VALUES ({id}, {}, {}, {stamp})", literal(&title), nullable(&category));
            return (sql, (id, Some((title, category))));
        };
        let (old_title, old_category) = self.model.rows[&id].clone();
        match kind {
            3 | 4 => (format!("DELETE FROM items WHERE id = {id}"), (id, None)),
            // A rename without a stamp shows only in keys.
            5 if self.title_is_key => {
                self.model.next_title += 1;
                let title = format!("renamed {}", self.model.next_title);
                let sql = format!("UPDATE items SET title = {} WHERE id = {id}", literal(&title));
                (sql, (id, Some((title, old_category))))
            }
            6 => {
                let category = self.category();
                let sql = format!(
                    "UPDATE items SET category = {}, updated_at = {stamp} WHERE id = {id}",
                    nullable(&category)
                );
                (sql, (id, Some((old_title, category))))
            }
            _ => {
                let title = self.title();
                let sql = format!("UPDATE items SET title = {}, updated_at = {stamp} WHERE id = {id}", literal(&title));
                (sql, (id, Some((title, old_category))))
            }
        }
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        match self.random.random_range(0..12) {
            0 if self.open.len() < 3 => {
                let client = connect(&self.fixture.source_url).await?;
                client.batch_execute("BEGIN").await?;
                let mut open = Open { client, changes: Vec::new() };
                for _ in 0..self.random.random_range(1..4) {
                    let (sql, change) = self.statement();
                    open.client.batch_execute(&sql).await?;
                    self.locked.insert(change.0);
                    open.changes.push(change);
                }
                self.open.push(open);
            }
            1 | 2 if !self.open.is_empty() => {
                let open = self.open.swap_remove(self.random.random_range(0..self.open.len()));
                self.locked.retain(|id| open.changes.iter().all(|change| change.0 != *id));
                if self.random.random_bool(0.8) {
                    open.client.batch_execute("COMMIT").await?;
                    open.changes.into_iter().for_each(|change| self.apply(change));
                } else {
                    open.client.batch_execute("ROLLBACK").await?;
                }
            }
            _ => {
                let (sql, change) = self.statement();
                self.fixture.write(&sql).await?;
                self.apply(change);
            }
        }
        Ok(())
    }

    fn apply(&mut self, (id, row): Change) {
        match row {
            Some(row) => drop(self.model.rows.insert(id, row)),
            None => drop(self.model.rows.remove(&id)),
        }
    }

    async fn disturb_redis(&mut self) -> anyhow::Result<()> {
        match self.random.random_range(0..4) {
            0 => self.fixture.flush_redis().await,
            1 => {
                let mut redis = self.fixture.redis.clone().unwrap();
                let key = "elt:{\"public\".\"items\"}";
                Ok(redis::cmd("HSET").arg(key).arg("token").arg("foreign").exec_async(&mut redis).await?)
            }
            _ => Ok(()),
        }
    }

    /// The difference between A and the model, if there is one.
    async fn difference(&self) -> anyhow::Result<Option<String>> {
        let query = "SELECT id, title, category FROM items WHERE elt_deleted_at IS NULL";
        let mut target = BTreeMap::new();
        for row in self.fixture.target.query(query, &[]).await? {
            target.insert(row.get::<_, i32>(0), (row.get(1), row.get(2)));
        }
        Ok((target != self.model.rows).then(|| format!("A: {target:?}\nmodel: {:?}", self.model.rows)))
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn nullable(text: &Option<String>) -> String {
    text.as_deref().map_or("NULL".to_owned(), literal)
}

/// What a history is played with.
struct Setup {
    job: Job,
    method: Method,
    ahead: i32,
    /// The snapshot entries are made to count for nothing, so that only LAG is left.
    lag_alone: bool,
}

/// Plays a history; the first difference, if there is one.
async fn play(fixture: &mut Fixture, setup: &Setup, seed: u64) -> anyhow::Result<Option<String>> {
    fixture.source.batch_execute(&format!("DROP TABLE IF EXISTS items; {ITEMS}")).await?;
    fixture.target.batch_execute("DROP TABLE IF EXISTS items; DELETE FROM elt.jobs").await?;
    fixture.options.method = setup.method;
    // The last row may go.
    fixture.options.allow_deletes = true;
    let random = ChaCha8Rng::seed_from_u64(seed);
    let title_is_key = setup.job.key_columns.iter().any(|key| key == "title");
    let (model, open, locked) = (Model::default(), Vec::new(), BTreeSet::new());
    let mut history = History { fixture, random, model, open, locked, ahead: setup.ahead, title_is_key };
    for cycle in 0..8 {
        for _ in 0..history.random.random_range(0..12) {
            history.step().await?;
        }
        history.disturb_redis().await?;
        history.fixture.until_replayed().await?;
        let outcome = fixture.cycle(&setup.job).await?;
        anyhow::ensure!(outcome.status == Status::Ok, "seed {seed}, cycle {cycle}: {outcome:?}");
        if setup.lag_alone {
            let forget = "UPDATE elt.jobs SET watermark = jsonb_set(watermark, '{xmin}', '9000000000000')";
            fixture.target.batch_execute(forget).await?;
        }
        if let Some(difference) = history.difference().await? {
            return Ok(Some(format!("seed {seed}, cycle {cycle}, {outcome:?}\n{difference}")));
        }
    }
    Ok(None)
}

fn setup(keys: &str, more: &str, method: Method, ahead: i32) -> Setup {
    let mut job = items(keys, more);
    // Snapshots do without.
    job.lag = Duration::ZERO;
    job.max_delete_ratio = 1.0;
    Setup { job, method, ahead, lag_alone: false }
}

async fn play_all(setup: Setup) -> anyhow::Result<Vec<String>> {
    play_all_on(Fixture::new().await?, setup).await
}

async fn play_all_on(mut fixture: Fixture, setup: Setup) -> anyhow::Result<Vec<String>> {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(Ok(default), |text| text.parse());
    let (count, first) = (number("HISTORIES", 29)?, number("SEED", 1)?);
    let mut differences = Vec::new();
    for seed in first..first + count {
        differences.extend(play(&mut fixture, &setup, seed).await?);
        if setup.lag_alone && !differences.is_empty() {
            break;
        }
    }
    Ok(differences)
}

async fn assert_equal(setup: Setup) -> anyhow::Result<()> {
    let differences = play_all(setup).await?;
    anyhow::ensure!(differences.is_empty(), "{}", differences.join("\n\n"));
    Ok(())
}

#[tokio::test]
async fn by_primary_key() -> anyhow::Result<()> {
    assert_equal(setup("id", "", Method::Fastest, 0)).await
}

#[tokio::test]
async fn by_nullable_duplicate_keys() -> anyhow::Result<()> {
    assert_equal(setup("title, category", "", Method::Fastest, 0)).await
}

#[tokio::test]
async fn through_the_stage_with_soft_deletes() -> anyhow::Result<()> {
    assert_equal(setup("title, category", "DELETE: soft", Method::Stage, 0)).await
}

/// Keys whose equality in A is not that of bytes are compared by A alone.
#[tokio::test]
async fn by_keys_that_the_target_compares() -> anyhow::Result<()> {
    let mut setup = setup("title, category", "", Method::Fastest, 0);
    let insensitive = "category text COLLATE \"elt_insensitive\"";
    setup.job.create_table.sql = setup.job.create_table.sql.replace("category text", insensitive);
    let fixture = Fixture::new().await?;
    let create = "CREATE COLLATION elt_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
    fixture.target.batch_execute(create).await?;
    let differences = play_all_on(fixture, setup).await?;
    anyhow::ensure!(differences.is_empty(), "{}", differences.join("\n\n"));
    Ok(())
}

#[tokio::test]
async fn with_writers_three_hours_behind() -> anyhow::Result<()> {
    assert_equal(setup("category, title", "", Method::Fastest, -3)).await
}

#[tokio::test]
async fn with_writers_three_hours_ahead() -> anyhow::Result<()> {
    assert_equal(setup("title, category", "", Method::Stage, 3)).await
}

#[tokio::test]
async fn row_by_row_by_primary_key() -> anyhow::Result<()> {
    assert_equal(setup("id", "", Method::RowByRow, 0)).await
}

#[tokio::test]
async fn with_a_hot_standby_as_the_source() -> anyhow::Result<()> {
    let options = devstack::Options { standby: true, ..devstack::Options::for_tests() };
    let stack = devstack::EltStack::start(options).await?;
    let fixture = Fixture::with_standby(&stack).await?;
    let differences = play_all_on(fixture, setup("title, category", "", Method::Fastest, 0)).await?;
    anyhow::ensure!(differences.is_empty(), "{}", differences.join("\n\n"));
    Ok(())
}

#[tokio::test]
async fn with_the_lag_alone_late_commits_are_missed() -> anyhow::Result<()> {
    let setup = Setup { lag_alone: true, ..setup("id", "", Method::Fastest, 0) };
    assert!(!play_all(setup).await?.is_empty());
    Ok(())
}
