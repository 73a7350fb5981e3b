//! Tags of a pipeline: comparison of the tag topic with the table.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::layer::Layer;
use crate::pipeline::Pipeline;

/// The columns of a message, in this order.
const FIELDS: [&str; 10] =
    ["event_id", "user_id", "tag", "action", "rule_id", "subject", "subject_name", "order_cnt", "threshold", "at"];

const EVENTS: &str = "
    SELECT event_id, source_id, tag, action, rule_id, subject, subject_name, order_cnt, threshold, at
    FROM cdm.user_tag_events ORDER BY seq";

/// Published changes of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedTags {
    /// Changes.
    pub events: usize,
    /// Repeated messages about a change.
    pub repeats: usize,
}

impl Pipeline {
    /// Asserts that the topic of tags has every change and nothing else, and those of a user in sequence. A reader that
    /// skips known ids sees each once.
    ///
    /// # Errors
    /// If not.
    pub async fn assert_tags_are_published(&self) -> Result<PublishedTags> {
        let mut written = BTreeMap::<String, Vec<Vec<String>>>::new();
        for row in self.sql_rows(EVENTS).await? {
            let cells = (0..FIELDS.len()).map(|column| row.get(column).unwrap_or_default().to_owned());
            let event: Vec<String> = cells.collect();
            written.entry(event[1].clone()).or_default().push(event);
        }
        let (mut published, mut known) = (BTreeMap::<String, Vec<Vec<String>>>::new(), HashMap::new());
        let mut repeats = 0;
        for message in self.read(&self.destination(Layer::Cdm)).await? {
            let event = fields(message.json()?.as_object().context("no object")?)?;
            ensure!(message.key.as_deref() == Some(event[1].as_bytes()), "{event:?} has the key {:?}", message.key);
            match known.insert(event[0].clone(), event.clone()) {
                None => published.entry(event[1].clone()).or_default().push(event),
                Some(earlier) => {
                    ensure!(earlier == event, "one id for two events: {earlier:?} and {event:?}");
                    repeats += 1;
                }
            }
        }
        for (user, events) in &written {
            let said = published.get(user).map(Vec::as_slice).unwrap_or_default();
            ensure!(said == events, "tag events of user {user}: published {said:?}, stored {events:?}");
        }
        let strange = published.keys().find(|user| !written.contains_key(*user));
        ensure!(strange.is_none(), "tag events of user {strange:?} are published and not stored");
        Ok(PublishedTags { events: known.len(), repeats })
    }
}

/// The values of a message in their order, as text; it has no others.
fn fields(message: &Map<String, Value>) -> Result<Vec<String>> {
    ensure!(message.keys().all(|field| FIELDS.contains(&field.as_str())), "other fields: {message:?}");
    FIELDS
        .iter()
        .map(|field| match message.get(*field) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            other => anyhow::bail!("{field} is {other:?}"),
        })
        .collect()
}
