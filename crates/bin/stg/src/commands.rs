//! `parked`: lists orders that wait for a name, and releases those that wait only for products.

use std::io::Write;

use clap::Subcommand;
use reference::ReferenceStore;
use runtime::CommandSettings;

use crate::{
    clock::now,
    parked::{List, Release},
    settings::Settings,
};

/// The subcommands that only STG has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Lists orders that wait for a name, or releases those that wait only for products.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    Parked(Parked),
}

/// The subcommands of `parked`.
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// Prints the parked orders, those parked longest first. With --by-name, prints the missing names. Changes nothing.
    ///
    /// The list shows the names that each order waits for, and since when it waits. If REDIS_URL is set, the list also shows why each name
    /// is missing. A user, restaurant or product is shown by its id.
    List(List),
    /// Releases orders that wait only for products. They are sent with the product's name from the order, without a category.
    ///
    /// The command shows how many orders it would release, and asks for confirmation. The running service sends them in its next round. An
    /// order that waits for a user or a restaurant stays parked. An order of the kind `room` or `payload` is tried again.
    Release(Release),
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let Self::Parked(command) = self;
        let database = settings.database().await?;
        match command {
            Parked::List(list) => {
                // Without Redis the list has no reasons.
                let redis = settings.read::<Settings>().and_then(|settings| settings.redis()).ok();
                let names = redis.as_ref().map(ReferenceStore::connect);
                list.run(&database, names.as_ref(), now(), out).await
            }
            Parked::Release(release) => release.run(&database, now(), out).await,
        }
    }
}
