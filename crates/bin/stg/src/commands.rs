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
    /// Lists orders that wait for a name, or releases them without the names of products.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    Parked(Parked),
}

/// What can be done with parked orders.
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Prints parked orders, the longest parked first, or the missing names. Changes nothing.
    ///
    /// The list shows what each order waits for and since when. If REDIS_URL is set, it shows why each name counts as missing. It prints
    /// ids and no names.
    List(List),
    /// Lets orders that wait for products only go on, with the product's name from the order and without a category.
    ///
    /// The command shows how many orders it releases, and asks. The running service sends them in its next round. An order that waits for a
    /// user or a restaurant stays parked.
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
