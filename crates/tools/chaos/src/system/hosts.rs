//! Host names that only this process and its children resolve: a private file mounted over `/etc/hosts`.

use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use tempfile::NamedTempFile;

const HOSTS: &str = "/etc/hosts";

/// The file, mounted for as long as this lives.
pub(crate) struct Hosts {
    before: String,
    file: NamedTempFile,
}

impl Hosts {
    /// Mounts a copy over `/etc/hosts`. The process needs a mount namespace of its own.
    pub(crate) fn own() -> Result<Self> {
        let before = fs::read_to_string(HOSTS)?;
        let mut file = tempfile::Builder::new().prefix("tagmill-hosts-").tempfile()?;
        file.write_all(before.as_bytes())?;
        // Services may run as any user.
        fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        let none: Option<&str> = None;
        mount(Some(file.path()), HOSTS, none, MsFlags::MS_BIND, none).context("cannot mount a file over /etc/hosts")?;
        Ok(Self { before, file })
    }

    /// Resolves this name to the loopback interface from now on, instead of the name added before.
    pub(crate) fn resolve(&self, name: &str) -> Result<()> {
        // Written in place, because a new file would not be mounted.
        fs::write(self.file.path(), format!("{}\n127.0.0.1 {name}\n", self.before))
            .context("cannot write the file over /etc/hosts")
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let _gone_with_us = umount2(HOSTS, MntFlags::MNT_DETACH);
    }
}
