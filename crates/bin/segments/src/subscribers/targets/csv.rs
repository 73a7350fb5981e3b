//! CSV files of an audience, in a folder below `FILES_ROOT` or in a bucket.
//!
//! Mode `mirror` writes a file with the changes of each sync, mode `full` replaces the file with all members. A file appears
//! whole or not at all.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use consumer::Failure;
use futures_util::{Stream, stream::try_unfold};
use http_client::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use self::{
    destination::Destination,
    folder::{Folder, FolderError},
    names::Names,
};
use crate::subscribers::{
    Change,
    settings::FileSettings,
    store::Subscription,
    target::{Answer, Audience, Pages, Stop, Takes, Target},
};

pub mod destination;
pub mod names;
pub mod rows;
pub mod folder;

/// Maximum time of a request to a store. A part of an upload is one request.
const STORE_TIMEOUT: Duration = Duration::from_secs(45);

/// The media type of the files.
const MEDIA_TYPE: &str = "text/csv; charset=utf-8";

/// Where the files of all subscriptions can be.
#[derive(Debug, Clone)]
pub struct Files {
    root: Option<PathBuf>,
    store: Option<s3::Store>,
}

/// The files of a subscription.
#[derive(Debug)]
pub struct Csv {
    place: Place,
    is_full: bool,
    /// The number of dated copies.
    keep: usize,
}

#[derive(Debug)]
enum Place {
    Folder(Folder),
    Bucket { bucket: Box<s3::Bucket>, prefix: String },
}

/// Why a file is not written.
enum WriteError {
    /// The pages cannot be read.
    Content(Failure),
    /// The place does not take it.
    Place(String),
}

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    keep: u16,
}

impl Files {
    /// The places of these settings.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(settings: &FileSettings) -> Result<Self, runtime::ExitError> {
        Ok(Self { root: settings.files_root.clone(), store: settings.store(STORE_TIMEOUT)? })
    }

    /// The files of a subscription.
    ///
    /// # Errors
    /// Its parameters cannot be used, or the setting of its place is missing.
    pub fn to(&self, subscription: &Subscription) -> Result<Csv, Stop> {
        let params: Params = serde_json::from_str(&subscription.params)
            .map_err(|_| Stop::retry("params.keep has to be a number of copies from 0 to 65535"))?;
        let place = match destination::parse(&subscription.destination).map_err(Stop::retry)? {
            Destination::Folder(folders) => {
                let root = self.root.clone().ok_or_else(|| Stop::retry("FILES_ROOT is not set"))?;
                Place::Folder(Folder::new(root, folders))
            }
            Destination::Bucket { bucket, prefix } => {
                let store = self.store.as_ref().ok_or_else(|| Stop::retry("S3_ENDPOINT is not set"))?;
                Place::Bucket { bucket: Box::new(store.bucket(&bucket).map_err(Stop::retry)?), prefix }
            }
        };
        Ok(Csv { place, is_full: subscription.is_full, keep: usize::from(params.keep) })
    }
}

impl Place {
    /// Writes a file whole, or leaves the one that was there.
    async fn put(
        &self,
        name: &str,
        content: impl Stream<Item = Result<Bytes, Failure>> + Send + Unpin,
    ) -> Result<(), WriteError> {
        match self {
            Self::Folder(folder) => folder.put(name, content).await.map_err(|error| match error {
                FolderError::Content(failure) => WriteError::Content(failure),
                FolderError::Folder(error) => WriteError::Place(error),
            }),
            Self::Bucket { bucket, prefix } => {
                let put = bucket.put(&format!("{prefix}{name}"), MEDIA_TYPE, content).await;
                put.map_err(|error| match error {
                    s3::UploadError::Content(failure) => WriteError::Content(failure),
                    s3::UploadError::Store(error) => WriteError::Place(error.to_string()),
                })
            }
        }
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), String> {
        match self {
            Self::Folder(folder) => folder.copy(from, to).await,
            Self::Bucket { bucket, prefix } => {
                let (from, to) = (format!("{prefix}{from}"), format!("{prefix}{to}"));
                bucket.copy(&from, &to).await.map_err(|error| error.to_string())
            }
        }
    }

    /// The names that begin with this text, in their order.
    async fn list(&self, begin: &str) -> Result<Vec<String>, String> {
        match self {
            Self::Folder(folder) => folder.list(begin).await,
            Self::Bucket { bucket, prefix } => {
                let keys = bucket.list(&format!("{prefix}{begin}")).await.map_err(|error| error.to_string())?;
                Ok(keys.iter().filter_map(|key| key.strip_prefix(prefix.as_str())).map(str::to_owned).collect())
            }
        }
    }

    async fn delete(&self, name: &str) -> Result<(), String> {
        match self {
            Self::Folder(folder) => folder.delete(name).await,
            Self::Bucket { bucket, prefix } => {
                bucket.delete(&format!("{prefix}{name}")).await.map_err(|error| error.to_string())
            }
        }
    }
}

impl Csv {
    /// Writes the changes of the pages. Returns the answer for their number.
    async fn write(&self, name: &str, first: Vec<Change>, pages: &mut impl Pages) -> Result<Answer, Failure> {
        let written = AtomicUsize::new(0);
        let content = std::pin::pin!(content(first, pages, &written));
        match self.place.put(name, content).await {
            Ok(()) => Ok(Answer::acknowledged(written.load(Ordering::Relaxed))),
            Err(WriteError::Content(failure)) => Err(failure),
            Err(WriteError::Place(error)) => Ok(Answer::stopped(Stop::retry(error))),
        }
    }

    /// Keeps a dated copy of the file, and deletes those that are too many.
    async fn keep_copies(&self, names: &Names, now: Timestamp) -> Result<(), String> {
        if self.keep > 0 {
            self.place.copy(&names.whole(), &names.dated(now)).await?;
        }
        let copies = self.place.list(&names.dated_begin()).await?;
        for name in copies.iter().take(copies.len().saturating_sub(self.keep)) {
            self.place.delete(name).await?;
        }
        Ok(())
    }
}

/// The lines of a file, a part for each page. `written` counts the changes.
fn content<'p>(
    first: Vec<Change>,
    pages: &'p mut impl Pages,
    written: &'p AtomicUsize,
) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'p {
    try_unfold((Some(first), pages), async move |(first, pages)| {
        let (is_first, changes) = match first {
            Some(changes) => (true, changes),
            None => (false, pages.next().await?),
        };
        written.fetch_add(changes.len(), Ordering::Relaxed);
        let lines = rows::lines(is_first, &changes);
        Ok((!lines.is_empty()).then(|| (Bytes::from(lines), (None, pages))))
    })
}

fn now() -> Timestamp {
    Timestamp::try_from(runtime::clock::now()).unwrap_or_default()
}

impl Target for Csv {
    const TAKES: Takes = Takes::OneFile;

    async fn select(&self, audience: &Audience) -> Result<Option<bool>, Stop> {
        let names = Names::of(&audience.name);
        let begin = if self.is_full { names.whole() } else { names.dated_begin() };
        let found = self.place.list(&begin).await.map_err(Stop::retry)?;
        Ok(Some(if self.is_full { found.contains(&begin) } else { !found.is_empty() }))
    }

    async fn create(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        let (names, first) = (Names::of(&audience.name), pages.next().await?);
        let answer = self.write(&names.whole(), first, pages).await?;
        if answer.stop.is_some() {
            return Ok(answer);
        }
        // Without its copy the file is written again.
        Ok(match self.keep_copies(&names, now()).await {
            Ok(()) => answer,
            Err(error) => Answer::stopped(Stop::retry(error)),
        })
    }

    async fn update(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        let first = pages.next().await?;
        if first.is_empty() {
            return Ok(Answer::acknowledged(0));
        }
        self.write(&Names::of(&audience.name).dated(now()), first, pages).await
    }

    /// Deletes the file, its copies, and the files of changes.
    async fn remove(&self, audience: &Audience) -> Result<(), Stop> {
        let names = Names::of(&audience.name);
        let mut files = self.place.list(&names.dated_begin()).await.map_err(Stop::retry)?;
        files.push(names.whole());
        for name in files {
            self.place.delete(&name).await.map_err(Stop::retry)?;
        }
        Ok(())
    }
}
