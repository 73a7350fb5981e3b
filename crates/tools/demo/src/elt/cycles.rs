//! The six cycles, each with a fault, while M is written to.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;
use workload::master::Table;

use super::fixture::Fixture;
use super::jobs::FIRST;
use super::master::Master;
use super::runs;
use super::service::{Service, command};
use crate::number::grouped;

/// Time limit of one wait: a few cycles, on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(180);

/// Attempts to kill the service in mid-load.
const KILLS: usize = 10;

/// Share of the orders that are changed before the service is killed.
const LARGE_UPDATE: f64 = 0.25;

/// Share of the products that are deleted at once; above MAX_DELETE_RATIO.
const MASS_DELETE: f64 = 0.3;

/// The cycles.
pub(super) struct Cycles<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) master: &'a mut Master,
    pub(super) service: &'a mut Service,
}

/// What the analyst was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The error of the broken file.
    pub(super) invalid: String,
    /// Why deletes were held, and how they are allowed.
    pub(super) held: String,
}

impl Cycles<'_> {
    /// Plays them, then stops writing and waits until A has everything.
    pub(super) async fn play(mut self) -> Result<Told> {
        let invalid = self.broken_file().await?;
        self.mended_file().await?;
        self.killed_in_mid_load().await?;
        self.late_commit().await?;
        let held = self.mass_delete().await?;
        self.allowed().await?;
        say("", &format!("{} rows of M were changed; the last cycle", grouped(self.master.changed())));
        self.cycle(&all(), &["ok"], false).await?;
        Ok(Told { invalid, held })
    }

    async fn broken_file(&mut self) -> Result<String> {
        say("1/6", "a broken file is dropped in: shops.yaml lacks a placeholder");
        self.fixture.jobs.drop_in_broken()?;
        let note = self.state("shops", "invalid").await?;
        self.cycle(&FIRST, &["ok"], true).await?;
        Ok(note)
    }

    async fn mended_file(&mut self) -> Result<()> {
        say("2/6", "the file is mended, and the table of the shops is created and filled");
        self.fixture.jobs.mend()?;
        self.cycle(&all(), &["ok"], true).await?;
        let rows = self.master.open().await?;
        say("", &format!("a transaction changes {rows} rows and stays open"));
        Ok(())
    }

    async fn killed_in_mid_load(&mut self) -> Result<()> {
        for _ in 0..KILLS {
            let rows = self.master.update_many(Table::Orders, LARGE_UPDATE).await? as u64;
            let begin = runs::clock(&self.fixture.target).await?;
            say("3/6", &format!("{} orders change; the service is killed while it copies them", grouped(rows)));
            let stage = self.until_loading("orders", rows / 10).await?;
            self.service.kill().await?;
            let ended = runs::since(&self.fixture.target, begin, &["ok"]).await?.contains_key("orders");
            self.service.start_again().await?;
            if !ended {
                say("", &format!("killed while {stage}, and started again"));
                return self.cycle(&all(), &["ok"], true).await;
            }
            say("", "the load was faster; once more");
        }
        anyhow::bail!("the service was not killed in mid-load in {KILLS} attempts")
    }

    async fn late_commit(&mut self) -> Result<()> {
        self.cycle(&all(), &["ok"], true).await?;
        say("4/6", "the open transaction commits, two cycles late; Redis is flushed");
        self.master.commit().await?;
        self.fixture.flush_redis().await?;
        self.cycle(&all(), &["ok"], true).await
    }

    async fn mass_delete(&mut self) -> Result<String> {
        let rows = self.master.delete_many(Table::Products, MASS_DELETE).await?;
        say("5/6", &format!("{} products are deleted at once", grouped(rows as u64)));
        let note = self.state("products", "held").await?;
        say("", "the deletes are held back");
        self.cycle(&[Table::Orders, Table::Users, Table::Shops], &["ok"], true).await?;
        Ok(note)
    }

    async fn allowed(&mut self) -> Result<()> {
        say("6/6", "elt-service run products --allow-deletes");
        let (done, text) = command(&self.fixture.environment, &["run", "products", "--allow-deletes"]).await?;
        say("", text.trim());
        ensure!(done, "the deletes were not allowed");
        self.cycle(&all(), &["ok"], true).await
    }

    /// Waits until each of these jobs has run a cycle that began after now, and writes to M meanwhile.
    async fn cycle(&mut self, jobs: &[Table], outcomes: &[&str], traffic: bool) -> Result<()> {
        let (begin, started) = (runs::clock(&self.fixture.target).await?, Instant::now());
        loop {
            let ended = runs::since(&self.fixture.target, begin, outcomes).await?;
            if jobs.iter().all(|job| ended.contains_key(job.name())) {
                return Ok(());
            }
            self.wait(started, "a cycle of each job", traffic).await?;
        }
    }

    /// Waits until a job has this state, and returns what is told with it.
    async fn state(&mut self, job: &str, state: &str) -> Result<String> {
        let started = Instant::now();
        loop {
            if let Some(found) = self.service.job(job).await?.filter(|found| found.state == state) {
                return found.note.with_context(|| format!("{job} is {state}, and nothing says why"));
            }
            self.wait(started, &format!("{job} is {state}"), true).await?;
        }
    }

    /// Waits until a cycle of this job that has begun after now is copying, and has read so many rows. Returns its stage.
    async fn until_loading(&self, job: &str, rows: u64) -> Result<String> {
        let (started, mut rested) = (Instant::now(), false);
        loop {
            if let Some(found) = self.service.job(job).await? {
                rested |= found.state != "running";
                if rested && found.is_loading(rows) {
                    return Ok(found.stage.unwrap_or_default());
                }
            }
            ensure!(started.elapsed() < LIMIT, self.service.failure("no cycle has copied the changed orders"));
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn wait(&mut self, started: Instant, what: &str, traffic: bool) -> Result<()> {
        if started.elapsed() > LIMIT {
            let jobs = self.service.jobs().await?;
            return Err(self.service.failure(&format!("timeout, waiting for: {what}; jobs: {jobs:?}")));
        }
        if traffic {
            return self.master.traffic().await;
        }
        sleep(Duration::from_millis(100)).await;
        Ok(())
    }
}

fn all() -> Vec<Table> {
    Table::ALL.to_vec()
}

/// One line of the story.
fn say(step: &str, text: &str) {
    eprintln!("{step:>5}  {text}");
}
