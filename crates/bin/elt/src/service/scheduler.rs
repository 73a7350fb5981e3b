//! The scheduler: at each tick it reads JOBS_DIR, and starts the jobs that are due.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use runtime::{Context, critical};
use schedule::Ticks;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    attempt,
    folder::{self, File, Folder},
    metrics,
    report::Reporter,
    runner::Runner,
    servers::Servers,
    service_health::ServiceHealth,
    settings::{JobSettings, Settings},
    status::{Board, Ticking},
};
use crate::{job::Job, outcome::Outcome};

mod claims;
mod due;
mod history;

/// How often the scheduler turns, whatever happens.
const TURN: Duration = Duration::from_secs(5);

/// Runs jobs until it is told to stop.
pub(crate) struct Scheduler {
    settings: JobSettings,
    runner: Runner,
    instance: String,
    board: Arc<Board>,
    stop: CancellationToken,
    grace: Duration,
    folder: Folder,
    reporter: Reporter,
    tick: watch::Sender<u64>,
    /// Files whose jobs wait for their turn.
    queue: VecDeque<String>,
    running: JoinSet<(String, Option<Outcome>)>,
    /// The jobs that run or have run, by file.
    started: BTreeMap<String, Started>,
    /// The time from the last tick to the next one.
    period: Duration,
    pruned: Option<Instant>,
}

/// When a job was started last.
struct Started {
    at: Instant,
    is_running: bool,
    /// It was due again while it waited for a database.
    again: bool,
}

impl Scheduler {
    pub(crate) fn new(
        settings: Settings,
        servers: Servers,
        health: Arc<ServiceHealth>,
        board: Arc<Board>,
        context: &Context,
    ) -> Self {
        let (tick, ticked) = watch::channel(0);
        let abandon = CancellationToken::new();
        Self {
            settings: settings.jobs,
            runner: Runner { servers: Arc::new(servers), health, stop: context.stop.clone(), tick: ticked, abandon },
            instance: attempt::instance(context.http_addr()),
            board,
            stop: context.stop.clone(),
            grace: context.shutdown_grace,
            folder: Folder::default(),
            reporter: Reporter::default(),
            tick,
            queue: VecDeque::new(),
            running: JoinSet::new(),
            started: BTreeMap::new(),
            period: Duration::ZERO,
            pruned: None,
        }
    }

    pub(crate) async fn run(mut self) -> anyhow::Result<()> {
        let Some(mut ticks) = Ticks::start(&self.settings.schedule).await? else { return Ok(()) };
        let mut turns = interval(TURN);
        loop {
            self.runner.health.turn();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(done) = self.running.join_next() => self.finish(done),
                () = ticks.next() => {
                    self.period = ticks.until_next().await.unwrap_or_default();
                    self.tick().await;
                }
                _ = turns.tick() => {}
            }
            self.start_queued();
        }
        ticks.stop().await;
        self.end().await;
        Ok(())
    }

    async fn tick(&mut self) {
        self.tick.send_modify(|tick| *tick += 1);
        self.reporter.tick(&self.runner.health.waiting());
        let folder = self.settings.jobs_dir.clone();
        let read = tokio::task::spawn_blocking(move || folder::read_all(&folder)).await;
        let files = match read {
            Ok(Ok(files)) => files,
            Ok(Err(error)) => return self.unreadable(&error.to_string()),
            Err(error) => return self.unreadable(&error.to_string()),
        };
        if self.runner.health.set_unreadable(None) {
            tracing::info!("JOBS_DIR can be read again");
        }
        let (changed, _) = self.folder.update(&self.settings.jobs_dir, files);
        for (name, file) in self.folder.files().filter(|(name, _)| changed.contains(name)) {
            tracing::debug!(file = name, "a job file is new or has changed");
            self.reporter.read(file);
        }
        let refused = claims::refused(&self.runner.servers, &self.folder).await;
        self.queue_due(&refused);
        let next = Timestamp::try_from(runtime::clock::now() + self.period).ok();
        self.board.set_files(&self.folder, &refused, Ticking { next, period: self.period });
        self.reporter.keep(&self.folder);
        history::prune(&self.runner.servers, self.settings.runs_keep, &mut self.pruned);
    }

    /// No job counts as removed, and running ones go on.
    fn unreadable(&self, error: &str) {
        let folder = self.settings.jobs_dir.display();
        let error = format!("{folder} cannot be read: {error}");
        if self.runner.health.set_unreadable(Some(&error)) {
            critical!(error, "JOBS_DIR cannot be read; no job runs until it can");
        }
    }

    /// Queues the jobs that are due.
    fn queue_due(&mut self, refused: &claims::Refused) {
        let now = Instant::now();
        let files: Vec<(String, File)> = self.folder.files().map(|(name, file)| (name.clone(), file.clone())).collect();
        for (name, file) in files {
            let job = match (&file.parsed, refused.get(&file.name)) {
                (Ok(job), None) => job,
                (Ok(_), Some(why)) => {
                    self.reporter.refused(&file, why);
                    continue;
                }
                (Err(_), _) => {
                    self.reporter.invalid(&file);
                    continue;
                }
            };
            let started = self.started.get_mut(&name);
            let last = started.as_ref().map(|started| started.at);
            if !due::is_due(now, last, job.every) || self.queue.contains(&name) {
                continue;
            }
            match started {
                Some(started) if started.is_running => {
                    started.again = !self.runner.health.waiting().is_empty();
                    if !started.again {
                        self.reporter.late(&job.name);
                    }
                }
                _ => self.queue.push_back(name),
            }
        }
    }

    fn start_queued(&mut self) {
        while self.running.len() < self.settings.jobs_in_flight.get() {
            let Some(name) = self.queue.pop_front() else { return };
            let job =
                self.folder.files().find(|(file, _)| **file == name).and_then(|(_, file)| file.parsed.clone().ok());
            if let Some(job) = job {
                self.start(name, job);
            }
        }
    }

    fn start(&mut self, name: String, job: Arc<Job>) {
        self.started.insert(name.clone(), Started { at: Instant::now(), is_running: true, again: false });
        let mut options = attempt::options(&self.instance, self.settings.hash_limit);
        let period = self.period.max(job.every.unwrap_or_default());
        metrics::period(&job.name, period.as_secs_f64());
        options.fresh = period / 2;
        self.board.set_running(&name, Some(Arc::clone(&options.progress)));
        let runner = self.runner.clone();
        self.running.spawn(async move { (name, runner.run(&job, &options).await) });
    }

    fn finish(&mut self, done: Result<(String, Option<Outcome>), tokio::task::JoinError>) {
        let (name, outcome) = match done {
            Ok(done) => done,
            Err(error) => return tracing::error!(%error, "a cycle has ended without an outcome"),
        };
        self.board.set_running(&name, None);
        if let Some(started) = self.started.get_mut(&name) {
            started.is_running = false;
            if std::mem::take(&mut started.again) {
                self.queue.push_back(name.clone());
            }
        }
        let file = self.folder.files().find(|(file, _)| **file == name).map(|(_, file)| file.clone());
        if let (Some(file), Some(outcome)) = (file, outcome) {
            self.reporter.finished(&file, &outcome);
        }
    }

    /// Cycles under way may end within half of the grace period; then they are given up, which rolls them back.
    async fn end(mut self) {
        self.queue.clear();
        let half = self.grace / 2;
        let mut running = std::mem::take(&mut self.running);
        let all = async |this: &mut Self, running: &mut JoinSet<_>| {
            while let Some(done) = running.join_next().await {
                this.finish(done);
            }
        };
        if timeout(half, all(&mut self, &mut running)).await.is_err() {
            tracing::warn!(jobs = running.len(), "cycles are rolled back, because the grace period is half over");
            self.runner.abandon.cancel();
            let _ = timeout(self.grace / 4, all(&mut self, &mut running)).await;
        }
    }
}
