//! Names of hosts that only this process and its children know: a file of our own over `/etc/hosts`.

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
    /// Puts a copy over `/etc/hosts`. Mounts must be our own.
    pub(crate) fn own() -> Result<Self> {
        let before = fs::read_to_string(HOSTS)?;
        let mut file = tempfile::Builder::new().prefix("tagmill-hosts-").tempfile()?;
        file.write_all(before.as_bytes())?;
        // Services may run as anybody.
        fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        let none: Option<&str> = None;
        mount(Some(file.path()), HOSTS, none, MsFlags::MS_BIND, none).context("a file over /etc/hosts")?;
        Ok(Self { before, file })
    }

    /// From now on this name, and none that was added before, is the loopback interface.
    pub(crate) fn resolve(&self, name: &str) -> Result<()> {
        // Written in place: another file would not be the mounted one.
        fs::write(self.file.path(), format!("{}\n127.0.0.1 {name}\n", self.before)).context("the file over /etc/hosts")
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let _gone_with_us = umount2(HOSTS, MntFlags::MNT_DETACH);
    }
}
