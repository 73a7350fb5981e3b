//! The user that runs PostgreSQL and its pooler.

use anyhow::Context;
use nix::unistd::{Uid, User};

/// PostgreSQL refuses to run as root. Its package creates a user for it.
pub(crate) fn owner() -> anyhow::Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = User::from_name("postgres")?.context("the user postgres does not exist: run `make setup`")?;
    Ok(Some(user))
}
