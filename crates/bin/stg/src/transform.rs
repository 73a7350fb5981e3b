//! Events and names become rows and messages. Pure: what is held, what Redis knows and the time come in as arguments.

use std::collections::{BTreeMap, HashMap};

use consumer::{Failure, MAX_BATCH_OUTPUT_BYTES, Message, Outcome, Rejection};
use orders::{Event, UtcMicros, Version};
use reference::Lookup;

pub use self::naming::{Kind, MenuName, Missing, enrich};
use crate::publish;

mod naming;

/// What is held of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    /// Of its newest event.
    pub version: Version,
    /// Whose it is, for good.
    pub user_id: String,
    /// The message sent; while it is parked, that of an earlier event, if there was one.
    pub enriched: Option<String>,
    /// Since when it is parked.
    pub parked_at: Option<UtcMicros>,
    /// When a person released it; it is parked still, because no round has come by or because a newer event, which
    /// inherits the release, waits for a restaurant.
    pub released_at: Option<UtcMicros>,
}

/// A row to be written, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When the order system sent the event.
    pub sent_at: UtcMicros,
    /// The payload as received.
    pub payload: String,
    /// What is held from now on.
    pub stored_order: StoredOrder,
    /// The names that are missing.
    pub missing: Vec<Missing>,
    /// Whether the message has to be sent without a record behind it: an event that is parked has overtaken the one it
    /// belongs to, and should the process die now, a replay of that one would be told that it is out of date.
    pub publish_without_offset: bool,
}

/// Everything a batch leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What became of each event, in their order.
    pub outcomes: Vec<Outcome>,
    /// Rows of orders that were not there.
    pub new: BTreeMap<i64, Row>,
    /// Rows of orders that were there.
    pub changed: BTreeMap<i64, Row>,
    /// What is sent on, in the order of the events.
    pub messages: Vec<Message>,
}

/// Works out what `events`, applied one after the other on what is `stored_order`, lead to. Names were read at `now`; a
/// message may have `limit` bytes with its key.
///
/// # Errors
/// [`Failure::BatchTooLarge`] when the messages of several events take more than [`MAX_BATCH_OUTPUT_BYTES`]; else none
/// in practice: when a message cannot be written as JSON.
pub fn transform(
    stored_order: &HashMap<i64, StoredOrder>,
    events: &[Event],
    lookup: &Lookup,
    now: UtcMicros,
    limit: usize,
) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    let (mut weighed, mut bytes) = (0, 0);
    let unwritable = |error| Failure::InvalidData(format!("a message cannot be written: {error}"));
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
                    // It was sent under a larger limit; sent again, it would hold up all behind it for ever.
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
                // An order has waited since its first event that had to; so a newer one takes its place in the queue.
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

/// Refuses a message that the broker would refuse.
fn check_size(message: Option<&Message>, limit: usize) -> Result<(), Rejection> {
    if message.is_some_and(|message| message.size() > limit) {
        let error = format!("with its names the order would exceed the broker's limit of {limit} bytes");
        return Err(Rejection::new("too-large", error));
    }
    Ok(())
}

enum Comparison<'a> {
    Rejected(Rejection),
    Older,
    /// With the message that was sent about it.
    Equal(Option<&'a str>),
    Newer,
}

/// Compares an event with what is held of its order.
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
