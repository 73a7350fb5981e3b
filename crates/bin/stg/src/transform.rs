//! Transformation of events and names into rows and messages. Pure: stored orders, names and the time are arguments.

use std::collections::{BTreeMap, HashMap};

use consumer::{Failure, MAX_BATCH_OUTPUT_BYTES, Message, Outcome, Rejection};
use orders::{Event, UtcMicros, Version};
use reference::Lookup;

pub use self::names::{Kind, MenuName, Missing, enrich};
use crate::publish;

mod names;

/// The stored state of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    /// Version of its newest event.
    pub version: Version,
    /// Its user, which never changes.
    pub user_id: String,
    /// The message sent last. While the order is parked, the message of an earlier event, if there was one.
    pub enriched: Option<String>,
    /// Since when it is parked.
    pub parked_at: Option<UtcMicros>,
    /// When it was released by hand. The order is still parked: no round has processed it yet, or a newer event, which
    /// inherits the release, waits for a restaurant.
    pub released_at: Option<UtcMicros>,
}

/// A row to write and the names it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When the order system sent the event.
    pub sent_at: UtcMicros,
    /// The payload as received.
    pub payload: String,
    /// The new state of the order.
    pub stored_order: StoredOrder,
    /// The names that are missing.
    pub missing: Vec<Missing>,
    /// Whether the message must be published without a Kafka offset. If a parked event replaces the event of this
    /// message before it was published, and the process dies, a replay reports that earlier event as stale and does not
    /// publish it.
    pub publish_without_offset: bool,
}

/// All changes that follow from a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Outcome of each event, in the order of the batch.
    pub outcomes: Vec<Outcome>,
    /// Rows of new orders.
    pub new: BTreeMap<i64, Row>,
    /// Rows of known orders.
    pub changed: BTreeMap<i64, Row>,
    /// Messages to publish, in the order of the events.
    pub messages: Vec<Message>,
}

/// Computes the changes of `events`, applied in sequence to `stored_order`. Names were read at `now`. A message with
/// its key has at most `limit` bytes.
///
/// # Errors
/// [`Failure::BatchTooLarge`] if the messages of several events take more than [`MAX_BATCH_OUTPUT_BYTES`]. An error of
/// serialization does not happen in practice.
pub fn transform(
    stored_order: &HashMap<i64, StoredOrder>,
    events: &[Event],
    lookup: &Lookup,
    now: UtcMicros,
    limit: usize,
) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    let (mut weighed, mut bytes) = (0, 0);
    let unwritable = |error| Failure::InvalidData(format!("cannot serialize a message: {error}"));
    for event in events {
        bytes += changes.messages[weighed..].iter().map(Message::size).sum::<usize>();
        weighed = changes.messages.len();
        if events.len() > 1 && bytes > MAX_BATCH_OUTPUT_BYTES {
            return Err(Failure::BatchTooLarge);
        }
        let (new, changed) = (changes.new.get(&event.object_id), changes.changed.get(&event.object_id));
        let current = new.or(changed).map(|row| &row.stored_order).or_else(|| stored_order.get(&event.object_id));
        let outcome = match compare(current, event) {
            Comparison::Rejected(rejection) => Outcome::DeadLetter(rejection),
            Comparison::Older => Outcome::Stale,
            Comparison::Equal(enriched) => {
                let message = enriched.map(|text| publish::message(&event.user_id, text));
                match check_size(message.as_ref(), limit) {
                    Ok(()) => {
                        changes.messages.extend(message);
                        Outcome::Unchanged
                    }
                    // It was sent under a larger limit. Sending it again would block all later messages.
                    Err(rejection) => Outcome::DeadLetter(rejection),
                }
            }
            Comparison::Newer => {
                let (enriched, missing) = match enrich(event, lookup, now, MenuName::Required) {
                    Ok(enriched) => (Some(enriched.write().map_err(unwritable)?), Vec::new()),
                    Err(missing) => (None, missing),
                };
                let message = enriched.as_ref().map(|text| publish::message(&event.user_id, text));
                if let Err(rejection) = check_size(message.as_ref(), limit) {
                    changes.outcomes.push(Outcome::DeadLetter(rejection));
                    continue;
                }
                changes.messages.extend(message);
                let outcome = if enriched.is_some() { Outcome::Stored } else { Outcome::Deferred };
                // A newer event keeps the waiting time of the first parked event.
                let waits = current.filter(|stored_order| enriched.is_none() && stored_order.parked_at.is_some());
                let parked_at =
                    enriched.is_none().then(|| waits.and_then(|stored_order| stored_order.parked_at).unwrap_or(now));
                let released_at = waits.and_then(|stored_order| stored_order.released_at);
                let overtaken =
                    current.and_then(|stored_order| stored_order.enriched.clone()).filter(|_| parked_at.is_some());
                let publish_without_offset = overtaken.is_some();
                let enriched = enriched.or(overtaken);
                let row = Row {
                    sent_at: event.sent_at,
                    payload: event.payload.clone(),
                    stored_order: StoredOrder {
                        version: event.version.clone(),
                        user_id: event.user_id.clone(),
                        enriched,
                        parked_at,
                        released_at,
                    },
                    missing,
                    publish_without_offset,
                };
                let rows =
                    if stored_order.contains_key(&event.object_id) { &mut changes.changed } else { &mut changes.new };
                rows.insert(event.object_id, row);
                outcome
            }
        };
        changes.outcomes.push(outcome);
    }
    Ok(changes)
}

/// Rejects a message that exceeds the broker's limit.
fn check_size(message: Option<&Message>, limit: usize) -> Result<(), Rejection> {
    if message.is_some_and(|message| message.size() > limit) {
        let error = format!("the enriched order exceeds the broker's limit of {limit} bytes");
        return Err(Rejection::new("too-large", error));
    }
    Ok(())
}

enum Comparison<'a> {
    Rejected(Rejection),
    Older,
    /// The same version, with the message that was sent.
    Equal(Option<&'a str>),
    Newer,
}

/// Compares an event with the stored state of its order.
fn compare<'a>(stored_order: Option<&'a StoredOrder>, event: &Event) -> Comparison<'a> {
    let Some(stored_order) = stored_order else { return Comparison::Newer };
    if stored_order.user_id != event.user_id {
        let error = format!("order {} belongs to another user", event.object_id);
        return Comparison::Rejected(Rejection::new("user-changed", error));
    }
    match event.version.cmp(&stored_order.version) {
        std::cmp::Ordering::Less => Comparison::Older,
        std::cmp::Ordering::Equal => {
            Comparison::Equal(stored_order.enriched.as_deref().filter(|_| stored_order.parked_at.is_none()))
        }
        std::cmp::Ordering::Greater => Comparison::Newer,
    }
}
