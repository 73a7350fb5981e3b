//! Rules in force and tags of users: the statements that read and change them.

use std::collections::BTreeMap;

use consumer::{DependencyError, Failure, Fault};
use database::{Transaction, get, statement};
use futures_util::future::try_join_all;
use orders::tags::Subject;
use uuid::Uuid;

use crate::transform::tags::{CurrentTags, Pairs, Rule};

/// Reads the rules in force about some products and categories.
pub(super) async fn rules(transaction: &Transaction, subjects: Vec<Uuid>) -> Result<Vec<Rule>, Failure> {
    let rows = transaction.query(&statement!("cdm/rules/select_rules_of_subjects"), [&subjects]).await?;
    let rule = |row| {
        let subject = subject(get(row, 1)?)?;
        Ok(Rule { id: get(row, 0)?, subject, subject_id: get(row, 2)?, threshold: get(row, 3)?, tag: get(row, 4)? })
    };
    rows.iter().map(rule).collect()
}

/// Parses the subject of a rule as stored in the table.
pub(crate) fn subject(text: &str) -> Result<Subject, Failure> {
    Subject::read(text).ok_or_else(|| {
        let error = format_args!("a tag rule about a {text}, which this release does not know");
        DependencyError::new(database::POSTGRES, error).with(Fault::Rejected("unknown subject".to_owned())).into()
    })
}

/// Reads the tags of users.
pub(super) async fn current_tags(transaction: &Transaction, users: Vec<Uuid>) -> Result<CurrentTags, Failure> {
    let rows = transaction.query(&statement!("cdm/tags/select_tags_of_users"), [&users]).await?;
    rows.iter().map(|row| Ok(((get(row, 0)?, get(row, 1)?), get(row, 2)?))).collect()
}

/// Locks users, so that concurrent changes of their tags are serialized.
pub(super) async fn lock_users(transaction: &Transaction, pairs: &Pairs) -> Result<(), Failure> {
    let mut users: Vec<Uuid> = pairs.iter().map(|(user, _)| *user).collect();
    users.dedup();
    transaction.execute(&statement!("cdm/tags/lock_users_to_tag"), [&users]).await?;
    Ok(())
}

/// Applies some rules to some users. Returns the number of tags changed.
pub(crate) async fn apply(transaction: &Transaction, pairs: &[(Uuid, i64)]) -> Result<u64, Failure> {
    let mut users = BTreeMap::<i64, Vec<Uuid>>::new();
    for (user, rule) in pairs {
        users.entry(*rule).or_default().push(*user);
    }
    let statement = statement!("cdm/rules/apply_rule");
    let applying = users.iter().map(async |(rule, users)| transaction.execute(&statement, [rule, users]).await);
    let changes = try_join_all(applying).await?.into_iter().sum();
    metrics::counter!("tagmill_tag_changes_total").increment(changes);
    Ok(changes)
}
