//! `rules`: lists and changes tag rules. The running service applies a change within seconds.

use std::io::Write;

use clap::{Args, Subcommand};
use database::{Transaction, get, statement};
use runtime::{CommandSettings, ExitError, settings::whole_number};

use self::{
    change::Change,
    list::List,
    preview::{Impact, Preview},
    remove::Remove,
};
use crate::rules::rule::Rule;

mod change;
mod list;
mod preview;
mod remove;

/// The subcommands of `rules`.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Prints each rule with its condition, tag and number of users, and whether the service has already applied it to all users. Changes
    /// nothing.
    List(List),
    /// Adds a rule. To undo this, use `rules set --disable`.
    Add(Add),
    /// Changes the given properties of a rule, and no others. To undo this, set the previous values again.
    Set(Set),
    /// Removes rules. Their users lose the tag.
    ///
    /// The command shows how many users would lose the tag, and asks for confirmation. To remove a tag temporarily, use `rules set
    /// --disable`.
    Remove(Remove),
    /// Prints how many users would gain or lose a tag if a rule were added, changed or removed, with examples. Changes nothing.
    Preview(Preview),
}

/// A new rule.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    change: Change,

    /// Shows what the command would do. Changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// A changed rule.
#[derive(Debug, Args)]
pub struct Set {
    /// Id of the rule in `rules list`.
    #[arg(value_name = "RULE_ID", value_parser = whole_number::<i64>("the id of a rule", ..))]
    id: i64,
    #[command(flatten)]
    change: Change,

    /// Shows what the command would do. Changes nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Rules {
    /// Runs the subcommand and writes the result to `out`.
    pub(super) async fn run(&self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(&begin(settings).await?, out).await,
            Self::Preview(preview) => preview.run(&begin(settings).await?, out).await,
            Self::Add(add) => add.run(begin(settings).await?, out).await,
            Self::Set(set) => set.run(begin(settings).await?, out).await,
            Self::Remove(remove) => remove.run(settings, out).await,
        }
    }
}

impl Add {
    async fn run(&self, transaction: Transaction, out: &mut impl Write) -> anyhow::Result<()> {
        let rule = self.change.complete()?;
        if self.dry_run {
            return preview::show(&transaction, None, &rule, out).await;
        }
        let id = insert(&transaction, &rule).await?;
        let impact = Impact::of(&transaction, None, &rule, 0).await?;
        transaction.commit().await.map_err(ExitError::from)?;
        Ok(writeln!(out, "rule {id}: {rule}\n{}", impact.announcement())?)
    }
}

impl Set {
    async fn run(&self, transaction: Transaction, out: &mut impl Write) -> anyhow::Result<()> {
        let (id, change) = (self.id, &self.change);
        let rule = change.applied_to(lock(&transaction, id).await?)?;
        if self.dry_run {
            return preview::show(&transaction, Some(id), &rule, out).await;
        }
        let impact = Impact::of(&transaction, Some(id), &rule, 0).await?;
        update(&transaction, id, &rule).await?;
        transaction.commit().await.map_err(ExitError::from)?;
        Ok(writeln!(out, "rule {id}: {rule}\n{}", impact.announcement())?)
    }
}

async fn begin(settings: &CommandSettings) -> Result<Transaction, ExitError> {
    Ok(settings.database().await?.begin_maintenance().await?)
}

/// Locks the rule of this id until the transaction ends, and returns it.
async fn lock(transaction: &Transaction, id: i64) -> Result<Rule, ExitError> {
    let rows = transaction.query(&statement!("cdm/rules/lock_rule"), [&id]).await?;
    match rows.first() {
        Some(row) => Ok(Rule::read(row, 0)?),
        None => Err(ExitError::Unavailable(format!("there is no rule {id}; `rules list` lists all rules"))),
    }
}

async fn insert(transaction: &Transaction, rule: &Rule) -> Result<i64, ExitError> {
    let Rule { subject, key, threshold, tag, enabled } = rule;
    let subject = subject.as_str();
    let statement = statement!("cdm/rules/insert_rule");
    let rows = transaction.query(&statement, [&subject, key, threshold, tag, enabled]).await?;
    let id = rows.first().map(|row| get(row, 0)).transpose()?;
    id.ok_or_else(|| ExitError::Unavailable("the database did not return the id of the new rule".to_owned()))
}

async fn update(transaction: &Transaction, id: i64, rule: &Rule) -> Result<(), ExitError> {
    let Rule { subject, key, threshold, tag, enabled } = rule;
    let subject = subject.as_str();
    transaction.execute(&statement!("cdm/rules/update_rule"), [&id, &subject, key, threshold, tag, enabled]).await?;
    Ok(())
}
