//! `parked`: orders that wait for a name, listed; and released by a person who knows better.

use std::io::Write;

use clap::Subcommand;
use reference::ReferenceStore;
use runtime::CommandSettings;

use crate::{
    clock::now,
    parked::{List, Release},
    settings::Settings,
};

/// The subcommands only STG has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// `list` the orders that wait for a name, or `release` them: let them go on without the names of dishes.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    Parked(Parked),
}

/// What can be done with parked orders.
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Print parked orders, the longest parked first, or the names they wait for. Shows what each waits for, since
    /// when, and, with REDIS_URL, why it counts as missing. Prints ids, no names.
    List(List),
    /// Let orders that only wait for dishes go on now, under the names they were ordered by and without a category. The
    /// running service sends them in its next round. Refused while a user or a restaurant is unknown.
    Release(Release),
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let Self::Parked(command) = self;
        let database = settings.database().await?;
        match command {
            Parked::List(list) => {
                // Without Redis the list does not say why names are missing.
                let redis = settings.read::<Settings>().and_then(|settings| settings.redis()).ok();
                let names = redis.as_ref().map(ReferenceStore::connect);
                list.run(&database, names.as_ref(), now(), out).await
            }
            Parked::Release(release) => release.run(&database, now(), out).await,
        }
    }
}
