//! `rules remove`: deletes rules after a confirmation.

use std::io::Write;

use clap::Args;
use database::{Transaction, statement};
use runtime::{CommandSettings, Confirmation, ExitError, settings::whole_number};

use super::{lock, preview::Impact};
use crate::rules::rule::Rule;

/// The options of `rules remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Ids of the rules in `rules list`.
    #[arg(value_name = "RULE_ID", required = true, value_parser = whole_number::<i64>("the id of a rule", ..))]
    ids: Vec<i64>,

    /// Whether to remove them, to ask first, or to show what would happen.
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Remove {
    /// Shows how many users lose a tag, asks, and removes all of the rules or none. The question holds no lock.
    pub(super) async fn run(&self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let mode = self.confirmation.mode()?;
        let database = settings.database().await?;
        if mode.shows() {
            let transaction = database.begin_maintenance().await.map_err(ExitError::from)?;
            for id in &self.ids {
                let (rule, impact) = removed(&transaction, *id).await?;
                writeln!(out, "would remove rule {id}: {rule}")?;
                writeln!(out, "{} users would lose the tag", impact.losing())?;
            }
            transaction.rollback().await.map_err(ExitError::from)?;
        }
        if !mode.acts(out).await? {
            return Ok(());
        }
        let transaction = database.begin_maintenance().await.map_err(ExitError::from)?;
        for id in &self.ids {
            let (_, impact) = removed(&transaction, *id).await?;
            transaction.execute(&statement!("cdm/rules/delete_rule"), [id]).await.map_err(ExitError::from)?;
            writeln!(out, "rule {id} is removed")?;
            writeln!(out, "{}", impact.announcement())?;
        }
        transaction.commit().await.map_err(ExitError::from)?;
        Ok(())
    }
}

/// The rule of this id, and the effect of its removal.
async fn removed(transaction: &Transaction, id: i64) -> Result<(Rule, Impact), ExitError> {
    let rule = lock(transaction, id).await?;
    let impact = Impact::of(transaction, Some(id), &Rule { enabled: false, ..rule.clone() }, 0).await?;
    Ok((rule, impact))
}
