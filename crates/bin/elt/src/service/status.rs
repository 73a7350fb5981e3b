//! The status of all jobs: what the files say, what runs now, and what `elt.jobs` and `elt.runs` of A hold.
//!
//! No value of a row is in it: the columns `detail` of A are not read.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use runtime::ExitError;
use schedule::{Schedule, Ticks};
use serde::Serialize;
use tokio::{sync::Mutex as AsyncMutex, time::timeout};
use tokio_postgres::Client;

use super::{
    folder::{self, Folder},
    servers::Servers,
    settings::JobSettings,
};
use crate::{
    error::{Result, target},
    job::Job,
    progress::Progress,
};

mod line;
mod rows;

pub(crate) use self::{
    line::{JobLine, JobRow, RunLine, Ticking},
    rows::read,
};

/// How long a viewer waits for A.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that is shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Status {
    /// When it was asked for.
    pub(crate) at: String,
    /// Why A could not be asked; what it knows is missing then.
    pub(crate) error: Option<String>,
    /// The jobs, by name.
    pub(crate) jobs: Vec<JobLine>,
    /// The newest runs.
    pub(crate) runs: Vec<RunLine>,
}

/// A job file, as far as the status shows it.
#[derive(Debug, Clone)]
pub(crate) struct FileLine {
    pub(crate) job: String,
    pub(crate) file: String,
    /// The job, or what is wrong with the file.
    pub(crate) parsed: std::result::Result<Arc<Job>, Vec<String>>,
    /// Of a cycle under way.
    pub(crate) progress: Option<Arc<Progress>>,
}

/// What the running service knows, for its page.
#[derive(Debug)]
pub(crate) struct Board {
    target: database::Settings,
    files: Mutex<BTreeMap<String, FileLine>>,
    ticking: Mutex<Ticking>,
    /// The connection that is asked; replaced after an error.
    client: AsyncMutex<Option<Client>>,
}

impl Board {
    pub(crate) fn new(servers: &Servers) -> Self {
        Self {
            target: servers.target.clone(),
            files: Mutex::default(),
            ticking: Mutex::default(),
            client: AsyncMutex::default(),
        }
    }

    /// The files as they are at this tick.
    pub(crate) fn set_files(&self, folder: &Folder, refused: &BTreeMap<String, String>, ticking: Ticking) {
        let mut files = lock(&self.files);
        let running: BTreeMap<String, Arc<Progress>> =
            files.iter().filter_map(|(name, file)| Some((name.clone(), file.progress.clone()?))).collect();
        *files = lines(folder, refused);
        for (name, progress) in running {
            if let Some(file) = files.get_mut(&name) {
                file.progress = Some(progress);
            }
        }
        *lock(&self.ticking) = ticking;
    }

    /// A cycle of this file begins, or ends.
    pub(crate) fn set_running(&self, name: &str, progress: Option<Arc<Progress>>) {
        if let Some(file) = lock(&self.files).get_mut(name) {
            file.progress = progress;
        }
    }

    /// The status now.
    pub(crate) async fn status(&self, now: Timestamp) -> Status {
        let mut client = self.client.lock().await;
        let rows = match timeout(ANSWER_TIMEOUT, self.ask(&mut client)).await {
            Ok(rows) => rows,
            Err(_) => {
                *client = None;
                Err(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()))
            }
        };
        let files: Vec<FileLine> = lock(&self.files).values().cloned().collect();
        let ticking = *lock(&self.ticking);
        line::merge(now, &files, ticking, rows)
    }

    async fn ask(&self, client: &mut Option<Client>) -> std::result::Result<(Vec<JobRow>, Vec<RunLine>), String> {
        if client.as_ref().is_none_or(Client::is_closed) {
            *client = Some(database::connect(&self.target).await.map_err(|error| error.to_string())?.client);
        }
        let Some(open) = client.as_ref() else { return Err(String::new()) };
        let rows = read(open).await;
        if rows.is_err() {
            *client = None;
        }
        rows.map_err(|error| error.to_string())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lines of job files.
fn lines(folder: &Folder, refused: &BTreeMap<String, String>) -> BTreeMap<String, FileLine> {
    let line = |(name, file): (&String, &folder::File)| {
        let parsed = match (&file.parsed, refused.get(&file.name)) {
            (Ok(_), Some(why)) => Err(vec![format!("{}: {why}", file.name)]),
            (Ok(job), None) => Ok(Arc::clone(job)),
            (Err(problems), _) => Err(problems.iter().map(ToString::to_string).collect()),
        };
        let line = FileLine { job: file.job.clone(), file: file.name.clone(), parsed, progress: None };
        (name.clone(), line)
    };
    folder.files().map(line).collect()
}

/// The status as a command sees it: it reads the files itself.
pub(crate) async fn of_files(settings: &JobSettings, now: Timestamp, client: &Client) -> anyhow::Result<Status> {
    let path: &PathBuf = &settings.jobs_dir;
    let mut folder = Folder::default();
    let unreadable = |error| ExitError::Config(format!("JOBS_DIR: {} cannot be read: {error}", path.display()));
    folder.update(path, folder::read_all(path).map_err(unreadable)?);
    let files: Vec<FileLine> = lines(&folder, &BTreeMap::new()).into_values().collect();
    let rows: Result<_> = read(client).await;
    Ok(line::merge(now, &files, ticking(&settings.schedule, now).await, rows.map_err(|error| error.to_string())))
}

/// The ticks of a schedule. An interval counts from the start of the service, so its next tick is not known here.
async fn ticking(schedule: &Schedule, now: Timestamp) -> Ticking {
    let Ok(Some(mut ticks)) = Ticks::start(schedule).await else { return Ticking::default() };
    let period = ticks.until_next().await.unwrap_or_default();
    ticks.stop().await;
    let is_cron = matches!(schedule, Schedule::Cron(_));
    let next = is_cron.then(|| now.checked_add(period).ok()).flatten();
    Ticking { next, period }
}

/// An error of A while its state is read.
fn reading(error: tokio_postgres::Error) -> crate::error::Error {
    target("read the state")(error)
}
