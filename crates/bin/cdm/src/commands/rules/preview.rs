//! `rules preview`: the users who would gain or lose a tag if a rule were added, changed or removed.

use std::io::Write;

use clap::Args;
use consumer::Failure;
use database::{Transaction, get, statement};
use runtime::{ExitError, settings::whole_number};
use serde::Serialize;

use super::{change::Change, lock};
use crate::rules::rule::Rule;

/// Default number of example users of each kind.
const EXAMPLES: u32 = 5;

/// The options of `rules preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// Id of the rule in `rules list`. Without it, the options describe a new rule.
    #[arg(value_name = "RULE_ID", value_parser = whole_number::<i64>("the id of a rule", ..))]
    id: Option<i64>,

    /// Previews the removal of the rule.
    #[arg(long, requires = "id", conflicts_with_all = ["category", "product", "threshold", "tag", "enable", "disable"])]
    remove: bool,

    #[command(flatten)]
    change: Change,

    /// Maximum number of example users for each effect, such as gaining the tag.
    #[arg(long, value_name = "USERS", default_value_t = EXAMPLES, value_parser = whole_number::<u32>("a number of users", 0..))]
    examples: u32,

    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

/// The effect of a rule on users.
#[derive(Debug, Default, Serialize)]
pub(super) struct Impact {
    /// Users who would gain the tag.
    gains: Users,
    /// Users who would lose it.
    loses: Users,
    /// Users who have it under another text.
    renamed: Users,
    /// Users who would keep it.
    keeps: Users,
    /// Users who have ordered the subject, but not often enough.
    without: Users,
}

/// Users of one kind.
#[derive(Debug, Default, Serialize)]
struct Users {
    users: i64,
    /// The users with the most orders of the subject.
    examples: Vec<Example>,
}

#[derive(Debug, Serialize)]
struct Example {
    user_id: String,
    order_cnt: i32,
}

impl Preview {
    pub(super) async fn run(&self, transaction: &Transaction, out: &mut impl Write) -> anyhow::Result<()> {
        let rule = match self.id {
            None => self.change.complete()?,
            Some(id) => {
                let rule = lock(transaction, id).await?;
                if self.remove { Rule { enabled: false, ..rule } } else { self.change.applied_to(rule)? }
            }
        };
        let impact = Impact::of(transaction, self.id, &rule, self.examples).await?;
        if self.json {
            serde_json::to_writer(&mut *out, &impact).map_err(std::io::Error::from)?;
            writeln!(out)?;
            return Ok(());
        }
        match (self.id, self.remove) {
            (Some(id), true) => writeln!(out, "without rule {id}")?,
            (Some(id), false) => writeln!(out, "with rule {id} as {rule}")?,
            (None, _) => writeln!(out, "with a rule {rule}")?,
        }
        impact.print(out)?;
        writeln!(out, "nothing was changed")?;
        Ok(())
    }
}

/// Prints the rule that would be added or changed, for `--dry-run`.
pub(super) async fn show(
    transaction: &Transaction,
    id: Option<i64>,
    rule: &Rule,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    match id {
        Some(id) => writeln!(out, "would change rule {id}: {rule}")?,
        None => writeln!(out, "would add a rule: {rule}")?,
    }
    Impact::of(transaction, id, rule, EXAMPLES).await?.print(out)?;
    Ok(writeln!(out, "nothing was changed")?)
}

impl Impact {
    /// The effect if the rule `id` were changed to `rule`, with a number of example users of each kind.
    pub(super) async fn of(
        transaction: &Transaction,
        id: Option<i64>,
        rule: &Rule,
        examples: u32,
    ) -> Result<Self, ExitError> {
        let Rule { subject, key, threshold, tag, enabled } = rule;
        let (subject_id, subject) = (subject.key(key), subject.as_str());
        // At least one row of each kind is needed, because it contains the number of users.
        let rows = transaction
            .query(
                &statement!("cdm/rules/preview_rule"),
                [&id, &subject, &subject_id, threshold, tag, enabled, &i64::from(examples.max(1))],
            )
            .await?;
        let mut impact = Self::default();
        for row in &rows {
            let kind: &str = get(row, 0)?;
            let users = impact.kind(kind)?;
            users.users = get(row, 1)?;
            if examples > 0 {
                users.examples.push(Example { user_id: get(row, 2)?, order_cnt: get(row, 3)? });
            }
        }
        Ok(impact)
    }

    fn kind(&mut self, kind: &str) -> Result<&mut Users, Failure> {
        match kind {
            "gains" => Ok(&mut self.gains),
            "loses" => Ok(&mut self.loses),
            "renamed" => Ok(&mut self.renamed),
            "keeps" => Ok(&mut self.keeps),
            "without" => Ok(&mut self.without),
            other => Err(Failure::InvalidData(format!("users of the kind {other}"))),
        }
    }

    /// How many users lose the tag.
    pub(super) const fn losing(&self) -> i64 {
        self.loses.users
    }

    /// The effect of a change that was just made, as text.
    pub(super) fn announcement(&self) -> String {
        let Self { gains, loses, renamed, keeps, without } = self;
        let mut text = format!(
            "cdm-service applies it within seconds: {} users gain the tag, {} lose it, {} keep it",
            gains.users,
            loses.users,
            keeps.users + renamed.users
        );
        if renamed.users > 0 {
            text.push_str(&format!(", {} of them under another text", renamed.users));
        }
        if gains.users + loses.users + renamed.users + keeps.users + without.users == 0 {
            text.push_str(
                "\nno user has ordered it so far; check the exact name of the category or the id of the product",
            );
        }
        text
    }

    fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        let kinds = [
            ("gain the tag", &self.gains),
            ("lose it", &self.loses),
            ("have it under another text", &self.renamed),
            ("keep it", &self.keeps),
            ("have ordered it, but not often enough", &self.without),
        ];
        for (text, Users { users, examples }) in kinds {
            let named: Vec<String> =
                examples.iter().map(|Example { user_id, order_cnt }| format!("{user_id} ({order_cnt})")).collect();
            let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
            let more = if usize::try_from(*users).is_ok_and(|users| users > examples.len()) && !examples.is_empty() {
                ", …"
            } else {
                ""
            };
            writeln!(out, "{users} users {text}{named}{more}")?;
        }
        Ok(())
    }
}
