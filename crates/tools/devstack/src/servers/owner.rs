//! The user that runs PostgreSQL and its pooler.

use anyhow::Context;
use nix::unistd::{Uid, User};

/// PostgreSQL refuses to run as root; its package brings a user to run as.
pub(crate) fn owner() -> anyhow::Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = User::from_name("postgres")?.context("the user postgres does not exist: run `make setup`")?;
    Ok(Some(user))
}
