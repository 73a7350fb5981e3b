//! Comparison of tags with the model's counters, and of the tag topic with the history of tags.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use harness::Audit;
use serde::Deserialize;
use tokio_postgres::Client;
use workload::broker::Broker;
use workload::model::Counters;
use workload::watch;

/// A change of a tag: event id, user, action, tag.
type Change = (String, String, String, String);

/// A change of a tag, as published.
#[derive(Deserialize)]
struct Told {
    event_id: String,
    user_id: String,
    action: String,
    tag: String,
}

/// Counts the assigned tags and compares them with the expected ones.
pub(super) async fn check(database: &Client, broker: &Broker, categories: &Counters) -> Result<(u64, [Audit; 2])> {
    let found = database.query(include_str!("../../sql/select_users_with_tags.sql"), &[]).await.context("the tags")?;
    let found: BTreeSet<(String, i64)> =
        found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
    let due = due(database, categories).await?;
    let wrong = due.symmetric_difference(&found).map(|(user, rule)| {
        let (is, should) = if found.contains(&(user.clone(), *rule)) { ("a", "none") } else { ("no", "one") };
        format!("user={user} has {is} tag by rule {rule}, expected {should}")
    });
    let assigned = u64::try_from(found.len())?;
    let check = |name: &str, differences| Audit { name: name.to_owned(), differences };
    Ok((
        assigned,
        [
            check("tags against the model", wrong.collect()),
            check("tag events against their topic", telling(database, broker).await?),
        ],
    ))
}

/// The users who must have a tag by each rule according to these counters.
async fn due(database: &Client, categories: &Counters) -> Result<BTreeSet<(String, i64)>> {
    let mut due = BTreeSet::new();
    for rule in database.query(include_str!("../../sql/select_category_rules.sql"), &[]).await.context("the rules")? {
        let (id, category, threshold): (i64, String, i32) = (rule.try_get(0)?, rule.try_get(1)?, rule.try_get(2)?);
        let threshold = u64::try_from(threshold)?;
        let counters = categories.iter().filter(|((_, counted), count)| *counted == category && **count >= threshold);
        due.extend(counters.map(|((user, _), _)| (user.clone(), id)));
    }
    Ok(due)
}

/// Differences between the history and the topic. Messages with an event id already seen are ignored.
async fn telling(database: &Client, broker: &Broker) -> Result<Vec<String>> {
    let mut happened = BTreeMap::<String, Vec<Change>>::new();
    let rows = database.query(include_str!("../../sql/select_tag_events.sql"), &[]).await.context("the history")?;
    for row in rows {
        let change: Change = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        happened.entry(change.1.clone()).or_default().push(change);
    }
    let (mut published, mut known) = (BTreeMap::<String, Vec<Change>>::new(), BTreeSet::new());
    for (_, value) in watch::messages(broker, "cdm-service-tags").await? {
        let Told { event_id, user_id, action, tag } = serde_json::from_slice(&value).context("a tag event")?;
        if known.insert(event_id.clone()) {
            published.entry(user_id.clone()).or_default().push((event_id, user_id, action, tag));
        }
    }
    let users: BTreeSet<_> = happened.keys().chain(published.keys()).collect();
    let differs = |user: &&&String| happened.get(**user) != published.get(**user);
    let describe = |user: &String| {
        let [published, happened] = [&published, &happened].map(|changes| changes.get(user).map_or(0, Vec::len));
        format!("user={user}: {published} changes of tags are published, {happened} are in the history")
    };
    Ok(users.iter().filter(differs).map(|user| describe(user)).collect())
}
