//! A small disk for the database that can be filled: a file system in memory of a given size.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use anyhow::{Context, Result};
use devstack::Stack;
use harness::Pipeline;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::statvfs::statvfs;
use tempfile::TempDir;

/// The size when it is not full.
const ROOMY: u64 = 4 << 30;

/// Whether this process may mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounts {
    /// Whether this process may mount file systems. It does so in a private mount namespace, so nothing is left behind.
    Own,
    /// It may not: the disk cannot be filled.
    Forbidden,
}

/// Gives the calling thread, and all threads and processes it starts from now on, mounts of their own.
#[must_use]
pub fn own_mounts() -> Mounts {
    let none: Option<&str> = None;
    let private = || {
        unshare(CloneFlags::CLONE_NEWNS)?;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
    };
    if private().is_ok() { Mounts::Own } else { Mounts::Forbidden }
}

/// A mounted disk that holds the database of a pipeline.
pub(crate) struct Disk(TempDir);

impl Disk {
    /// Moves the database of a pipeline to a disk of its own. It must have no connections.
    pub(crate) async fn under(stack: &Stack, pipeline: &Pipeline) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tagmill-disk-").tempdir()?;
        let size = format!("size={ROOMY},mode=755");
        mount(Some("tmpfs"), folder.path(), Some("tmpfs"), MsFlags::empty(), Some(size.as_str()))
            .context("cannot mount a file system in memory")?;
        let disk = Self(folder);
        let owner = fs::metadata(stack.folder().join("postgres"))?;
        chown(disk.path(), Some(owner.uid()), Some(owner.gid()))?;
        let place = format!("CREATE TABLESPACE chaos LOCATION '{}'", disk.path().display());
        pipeline.administer(&place).await?;
        let database = pipeline.sql("SELECT current_database()").await?.join("");
        pipeline.administer(&format!("ALTER DATABASE {database} SET TABLESPACE chaos")).await?;
        Ok(disk)
    }

    /// Fills the disk.
    pub(crate) fn fill(&self) -> Result<()> {
        let usage = statvfs(self.path())?;
        let used = (usage.blocks() - usage.blocks_free()) * usage.fragment_size();
        self.resize(used)
    }

    /// Frees the disk.
    pub(crate) fn empty(&self) -> Result<()> {
        self.resize(ROOMY)
    }

    fn resize(&self, bytes: u64) -> Result<()> {
        let none: Option<&str> = None;
        mount(none, self.path(), none, MsFlags::MS_REMOUNT, Some(format!("size={bytes}").as_str())).context("remount")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone_with_us = umount2(self.path(), MntFlags::MNT_DETACH);
    }
}
