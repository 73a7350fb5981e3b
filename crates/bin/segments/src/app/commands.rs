//! The subcommands of segments-service.

use std::io::Write;

use clap::Subcommand;
use database::{PgTimestamp, Statement, get, statement};
use runtime::{CommandSettings, ExitError};

use crate::{
    api::auth::{self, Role},
    refresh::command::Refresh,
    subscribers::command::Sync,
};

const REVOKE: Statement = statement!("segments/access/revoke_key");
const SELECT: Statement = statement!("segments/access/select_keys");

/// The subcommands that only segments-service has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Creates, lists and revokes keys of the API.
    #[command(subcommand)]
    Keys(Keys),
    /// Refreshes automatic segments once. The exit code is 1 if a refresh fails or is rejected.
    Refresh(Refresh),
    /// Sends each subscriber the pending changes once. The exit code is 1 if a subscription fails.
    Sync(Sync),
}

/// `keys`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Creates a key and prints it. It is not shown again.
    Create {
        /// Name of the key. Operations that are made with the key record the name.
        name: String,
        /// Role of the key.
        #[arg(long, value_enum)]
        role: Role,
    },
    /// Prints the name and role of each key, and whether the key is valid or revoked.
    List,
    /// Revokes a key. From then on, requests with this key are refused.
    Revoke {
        /// Name of the key.
        name: String,
    },
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let command = match self {
            Self::Keys(command) => command,
            Self::Refresh(command) => return command.act(settings, out).await,
            Self::Sync(command) => return command.act(settings, out).await,
        };
        let transaction = settings.database().await?.begin().await?;
        match command {
            Keys::Create { name, role } => {
                let Some(key) = auth::create(&transaction, &name, role).await? else {
                    return Err(ExitError::Config(format!("there is a key named `{name}` already")).into());
                };
                transaction.commit().await?;
                writeln!(out, "{key}")?;
            }
            Keys::List => {
                for row in transaction.query(&SELECT, []).await? {
                    let (name, role): (&str, &str) = (get(&row, 0)?, get(&row, 1)?);
                    let revoked: Option<PgTimestamp> = get(&row, 3)?;
                    writeln!(out, "{name}\t{role}\t{}", if revoked.is_some() { "revoked" } else { "valid" })?;
                }
            }
            Keys::Revoke { name } => {
                if transaction.execute(&REVOKE, [&name]).await? == 0 {
                    return Err(ExitError::Config(format!("there is no valid key named `{name}`")).into());
                }
                transaction.commit().await?;
            }
        }
        Ok(())
    }
}
