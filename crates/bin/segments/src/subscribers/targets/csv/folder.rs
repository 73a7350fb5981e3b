//! A folder below `FILES_ROOT`: files that appear whole or not at all. No path leaves the folder, and no symbolic link is followed.
//!
//! Every folder is opened relative to the one above it, so a folder that is replaced by a link meanwhile changes nothing.

use std::{
    fs::File,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use consumer::Failure;
use futures_util::{Stream, StreamExt as _};
use http_client::Bytes;
use rustix::{
    fs::{self, AtFlags, Dir, FileType, Mode, OFlags},
    io::Errno,
};
use tokio::{io::AsyncWriteExt as _, task::spawn_blocking};

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: Arc<Path>,
    folders: Arc<[String]>,
}

/// Why a file is not written.
#[derive(Debug)]
pub enum FolderError {
    /// The content cannot be read.
    Content(Failure),
    /// The folder does not take it.
    Folder(String),
}

/// A file that is being written, under another name. It is deleted unless it gets its own.
struct Partial {
    folder: Arc<OwnedFd>,
    name: String,
    is_renamed: bool,
}

/// The rights of new folders and files, before the umask.
const FOLDER_MODE: Mode = Mode::RWXU.union(Mode::RGRP).union(Mode::XGRP);
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP);

/// The flags of a folder: a symbolic link in its place is an error.
const FOLDER_FLAGS: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Folder {
    /// The folder that these names lead to. Missing folders below the root are created.
    #[must_use]
    pub fn new(root: PathBuf, folders: Vec<String>) -> Self {
        Self { root: root.into(), folders: folders.into() }
    }

    /// Writes a file: under another name, to the disk, then under its own.
    ///
    /// # Errors
    /// The content fails, or the folder does not take the file. The file that was there stays.
    pub async fn put(
        &self,
        name: &str,
        mut content: impl Stream<Item = Result<Bytes, Failure>> + Unpin,
    ) -> Result<(), FolderError> {
        let (mut partial, file) = self.begin(name).await.map_err(FolderError::Folder)?;
        let mut file = tokio::fs::File::from_std(file);
        let said = |error: std::io::Error| FolderError::Folder(format!("the file cannot be written: {error}"));
        while let Some(part) = content.next().await {
            file.write_all(&part.map_err(FolderError::Content)?).await.map_err(said)?;
            failpoint::pass("file written");
        }
        file.flush().await.map_err(said)?;
        file.sync_all().await.map_err(said)?;
        let name = name.to_owned();
        blocking(move || partial.finish(&name)).await.map_err(FolderError::Folder)
    }

    async fn begin(&self, name: &str) -> Result<(Partial, File), String> {
        let (this, name) = (self.clone(), name.to_owned());
        blocking(move || {
            let folder = Arc::new(this.open()?);
            // Of processes that were killed. A frozen one that resumes finds its file gone, and replaces nothing.
            let begin = partial_begin(&name);
            delete_all(&folder, &begin)?;
            let name = format!("{begin}{}.partial", nanoseconds());
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = fs::openat(&*folder, &name, flags, FILE_MODE).map_err(|error| said(&name, error))?;
            Ok((Partial { folder, name, is_renamed: false }, file.into()))
        })
        .await
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    /// The folder cannot do it.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), String> {
        let (this, from, to) = (self.clone(), from.to_owned(), to.to_owned());
        blocking(move || {
            let folder = this.open()?;
            fs::linkat(&folder, &from, &folder, &to, AtFlags::empty()).map_err(|error| said(&to, error))?;
            fs::fsync(&folder).map_err(|error| said(&to, error))
        })
        .await
    }

    /// The names of files that begin with this text, in their order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn list(&self, begin: &str) -> Result<Vec<String>, String> {
        let (this, begin) = (self.clone(), begin.to_owned());
        blocking(move || {
            let mut names = names(&this.open()?, &begin)?;
            names.sort_unstable();
            Ok(names)
        })
        .await
    }

    /// Deletes a file. It need not exist.
    ///
    /// # Errors
    /// The folder cannot do it.
    pub async fn delete(&self, name: &str) -> Result<(), String> {
        let (this, name) = (self.clone(), name.to_owned());
        blocking(move || {
            let folder = this.open()?;
            delete_all(&folder, &partial_begin(&name))?;
            unlink(&folder, &name)?;
            fs::fsync(&folder).map_err(|error| said(&name, error))
        })
        .await
    }

    /// Opens the folder. The root itself may be a link, because the operator sets it.
    fn open(&self) -> Result<OwnedFd, String> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut folder =
            fs::open(&*self.root, flags, Mode::empty()).map_err(|error| format!("FILES_ROOT: {}", text(error)))?;
        for name in &*self.folders {
            match fs::mkdirat(&folder, name, FOLDER_MODE) {
                Ok(()) => fs::fsync(&folder).map_err(|error| said(name, error))?,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(said(name, error)),
            }
            folder = fs::openat(&folder, name, FOLDER_FLAGS, Mode::empty()).map_err(|error| said(name, error))?;
        }
        Ok(folder)
    }
}

impl Partial {
    /// Gives the file its name, in place of the file that has it.
    fn finish(&mut self, name: &str) -> Result<(), String> {
        // A rename would replace the link itself. Somebody has put it there, and expects something else.
        if let Ok(found) = fs::statat(&*self.folder, name, AtFlags::SYMLINK_NOFOLLOW)
            && FileType::from_raw_mode(found.st_mode) != FileType::RegularFile
        {
            return Err(format!("{name} is no file, but a symbolic link or a folder"));
        }
        fs::renameat(&*self.folder, &self.name, &*self.folder, name).map_err(|error| said(name, error))?;
        self.is_renamed = true;
        fs::fsync(&*self.folder).map_err(|error| said(name, error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_renamed {
            let _ = fs::unlinkat(&*self.folder, &self.name, AtFlags::empty());
        }
    }
}

/// How the names of an audience's files begin while they are written. No audience has a name that begins with a dot.
fn partial_begin(name: &str) -> String {
    let stem = name.split_once('~').map_or_else(|| name.strip_suffix(".csv").unwrap_or(name), |(stem, _)| stem);
    format!(".{stem}~")
}

/// For names that no other process has.
fn nanoseconds() -> u128 {
    runtime::clock::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// The names that begin with this text.
fn names(folder: &OwnedFd, begin: &str) -> Result<Vec<String>, String> {
    let entries = Dir::read_from(folder).map_err(|error| said("the folder", error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| said("the folder", error))?;
        let name = entry.file_name().to_string_lossy();
        if name.starts_with(begin) {
            names.push(name.into_owned());
        }
    }
    Ok(names)
}

fn delete_all(folder: &OwnedFd, begin: &str) -> Result<(), String> {
    names(folder, begin)?.iter().try_for_each(|name| unlink(folder, name))
}

/// Deletes a file. It need not exist.
fn unlink(folder: &OwnedFd, name: &str) -> Result<(), String> {
    match fs::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(said(name, error)),
    }
}

fn said(name: &str, error: Errno) -> String {
    match error {
        Errno::LOOP | Errno::NOTDIR => format!("{name} is no folder, or a symbolic link"),
        error => format!("{name}: {}", text(error)),
    }
}

fn text(error: Errno) -> std::io::Error {
    error.into()
}

/// Runs work that waits for the disk on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}
