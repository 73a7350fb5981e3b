//! `rules`: who is called what. A change is written down here; the running service applies it, within seconds.

use std::io::Write;

use clap::{Args, Subcommand};
use database::{Database, Transaction, get, statement};
use runtime::ExitError;

use self::{
    change::Change,
    list::List,
    preview::{Impact, Preview},
};
use crate::rule::Rule;

mod change;
mod list;
mod preview;

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Print them: what each asks for, how many users have its tag, and whether the service has applied it to everybody.
    List(List),
    /// Write a new one.
    Add(Add),
    /// Change one: what is not mentioned stays as it is.
    Set(Set),
    /// Delete some; whoever has a tag by them loses it. What `set --disable` does can be undone.
    Remove(Remove),
    /// Say how many users would gain or lose a tag, and who for example, if a rule were added, changed or removed; change
    /// nothing.
    Preview(Preview),
}

/// A new rule.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    change: Change,
}

/// A changed rule.
#[derive(Debug, Args)]
pub struct Set {
    /// Which, as `rules list` tells.
    #[arg(value_name = "RULE_ID")]
    id: i64,
    #[command(flatten)]
    change: Change,
}

/// Rules that go.
#[derive(Debug, Args)]
pub struct Remove {
    /// Which, as `rules list` tells.
    #[arg(value_name = "RULE_ID", required = true)]
    ids: Vec<i64>,
}

impl Rules {
    /// Does it, and says what came of it.
    pub(super) async fn run(&self, database: &Database, out: &mut impl Write) -> anyhow::Result<()> {
        let transaction = database.begin_maintenance().await.map_err(ExitError::from)?;
        match self {
            Self::List(list) => list.run(&transaction, out).await?,
            Self::Preview(preview) => preview.run(&transaction, out).await?,
            Self::Add(Add { change }) => {
                let rule = change.complete()?;
                let id = insert(&transaction, &rule).await?;
                let impact = Impact::of(&transaction, None, &rule, 0).await?;
                writeln!(out, "rule {id}: {rule}")?;
                writeln!(out, "{}", impact.announcement())?;
            }
            Self::Set(Set { id, change }) => {
                let rule = change.applied_to(lock(&transaction, *id).await?)?;
                let impact = Impact::of(&transaction, Some(*id), &rule, 0).await?;
                update(&transaction, *id, &rule).await?;
                writeln!(out, "rule {id}: {rule}")?;
                writeln!(out, "{}", impact.announcement())?;
            }
            Self::Remove(Remove { ids }) => {
                for id in ids {
                    let rule = Rule { enabled: false, ..lock(&transaction, *id).await? };
                    let impact = Impact::of(&transaction, Some(*id), &rule, 0).await?;
                    delete(&transaction, *id).await?;
                    writeln!(out, "rule {id} is removed")?;
                    writeln!(out, "{}", impact.announcement())?;
                }
            }
        }
        transaction.commit().await.map_err(ExitError::from)?;
        Ok(())
    }
}

/// The rule of this id, which nobody else changes until the transaction ends.
async fn lock(transaction: &Transaction, id: i64) -> Result<Rule, ExitError> {
    let rows = transaction.query(&statement!("cdm/rules/lock_rule"), [&id]).await?;
    match rows.first() {
        Some(row) => Ok(Rule::read(row, 0)?),
        None => Err(ExitError::Unavailable(format!("there is no rule {id}; `rules list` shows those there are"))),
    }
}

async fn insert(transaction: &Transaction, rule: &Rule) -> Result<i64, ExitError> {
    let Rule { subject, key, threshold, tag, enabled } = rule;
    let subject = subject.as_str();
    let statement = statement!("cdm/rules/insert_rule");
    let rows = transaction.query(&statement, [&subject, key, threshold, tag, enabled]).await?;
    let id = rows.first().map(|row| get(row, 0)).transpose()?;
    id.ok_or_else(|| ExitError::Unavailable("the database does not say which rule it has written".to_owned()))
}

async fn update(transaction: &Transaction, id: i64, rule: &Rule) -> Result<(), ExitError> {
    let Rule { subject, key, threshold, tag, enabled } = rule;
    let subject = subject.as_str();
    transaction.execute(&statement!("cdm/rules/update_rule"), [&id, &subject, key, threshold, tag, enabled]).await?;
    Ok(())
}

async fn delete(transaction: &Transaction, id: i64) -> Result<(), ExitError> {
    transaction.execute(&statement!("cdm/rules/delete_rule"), [&id]).await?;
    Ok(())
}
