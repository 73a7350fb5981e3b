//! Outbox of tag events: changes of tags are published to Kafka until the broker has acknowledged them.
//!
//! A change of a tag has no Kafka offset. The transaction that makes the change stores it as unsent, and rounds publish
//! it from there. Only one replica publishes at a time; otherwise changes of one user could overtake each other.

use consumer::{DependencyError, Failure, Fault, Message};
use database::{Database, Row, get, statement};
use futures_util::try_join;
use jiff::civil::DateTime;
use orders::{
    UtcMicros,
    tags::{Action, TagEvent},
};
use outbox::Outbox;

use crate::store::tagging;

/// Maximum number of events in a round. A message has a few hundred bytes.
const EVENTS: i64 = 1000;

/// Maximum bytes of names and tags in a round; the last event may exceed it. A name may have 30 KB.
const BYTES: i64 = 1 << 20;

/// The tag events of one replica that are handed out and not yet acknowledged.
#[derive(Debug)]
pub(crate) struct TagEvents(Outbox);

impl Default for TagEvents {
    fn default() -> Self {
        Self(Outbox::new(statement!("cdm/tags/mark_tag_events_sent")))
    }
}

impl TagEvents {
    /// The next unsent events, as messages of at most `limit` bytes with their key.
    pub(crate) async fn next_batch(&mut self, database: &Database, limit: usize) -> Result<Vec<Message>, Failure> {
        let Self(outbox) = self;
        let transaction = outbox.begin(database).await?;
        let (locked, rows) = try_join!(
            transaction.query(&statement!("cdm/tags/try_lock_tag_events"), []),
            transaction.query(&statement!("cdm/tags/select_unsent_tag_events"), [&EVENTS, &BYTES]),
        )?;
        let is_ours = locked.first().map_or(Ok(false), |row| get(row, 0))?;
        let rows = if is_ours { rows } else { Vec::new() };
        let rows = rows.iter().map(|row| Ok((get(row, 0)?, message(event(row)?, limit)?)));
        let rows = rows.collect::<Result<_, Failure>>()?;
        outbox.begin_publishing(transaction, rows).await
    }

    /// Marks the events handed out as sent, after their acknowledgement.
    pub(crate) async fn mark_sent(&mut self) -> Result<(), Failure> {
        self.0.mark_sent().await
    }
}

fn event(row: &Row) -> Result<TagEvent, Failure> {
    let (action, at): (&str, DateTime) = (get(row, 4)?, get(row, 10)?);
    Ok(TagEvent {
        event_id: get(row, 1)?,
        user_id: get(row, 2)?,
        tag: get(row, 3)?,
        action: Action::read(action).ok_or_else(|| unreadable(format_args!("{action} is not an action")))?,
        rule_id: get(row, 5)?,
        subject: tagging::subject(get(row, 6)?)?,
        subject_name: get(row, 7)?,
        order_cnt: get(row, 8)?,
        threshold: get(row, 9)?,
        at: UtcMicros::from_civil(at).ok_or_else(|| unreadable(format_args!("{at} is outside the years 0 to 9999")))?,
    })
}

/// Writes a message, and cuts its names if it exceeds the limit: the broker would reject it again and again, and block
/// all later events.
fn message(mut event: TagEvent, limit: usize) -> Result<Message, Failure> {
    let write = |event: &TagEvent| {
        let value =
            event.write().map_err(|error| Failure::InvalidData(format!("cannot serialize an event: {error}")))?;
        Ok::<_, Failure>(Message { key: event.user_id.clone(), value: value.into_bytes() })
    };
    let message = write(&event)?;
    let excess = message.size().saturating_sub(limit);
    if excess == 0 {
        return Ok(message);
    }
    tracing::warn!(
        message.bytes = message.size(),
        message.limit = limit,
        tag.event_id = %event.event_id,
        "a tag event exceeds the broker's limit; its names are cut"
    );
    event.shorten_by(excess);
    write(&event)
}

fn unreadable(what: impl std::fmt::Display) -> DependencyError {
    DependencyError::new(database::POSTGRES, what).with(Fault::Rejected("unreadable".to_owned()))
}
