//! `dead-letters`: lists records that the service could not use, and sends them back to the source topic.

use std::io::Write;

use clap::Subcommand;

pub use self::{list::List, replay::Replay, selection::Selection};
use runtime::CommandSettings;

mod selection;
mod letters;
mod replayed;
mod line;
mod list;
mod replay;

/// The subcommands of `dead-letters`.
#[derive(Debug, Subcommand)]
pub enum DeadLetters {
    /// Prints dead letters in the order of partition and offset, each with its position, time, reason, error and origin. Changes nothing.
    List(List),
    /// Sends the original records back to the source topic, each of them once.
    ///
    /// The command shows how many records it would send, and asks for confirmation. It leaves out records that were sent back before.
    Replay(Replay),
}

impl DeadLetters {
    pub(crate) async fn act(&self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let kafka = crate::settings::kafka(settings)?;
        match self {
            Self::List(list) => {
                let database = settings.database().await.inspect_err(list::unknown).ok();
                list.run(&kafka, database.as_ref(), out).await
            }
            Self::Replay(replay) => replay.run(&kafka, &settings.database().await?, out).await,
        }
    }
}
