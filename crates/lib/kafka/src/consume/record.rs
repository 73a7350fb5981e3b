//! Conversion of an rdkafka message into an owned record.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::{Arc, Once},
};

use ::consumer::{Header, Record, Unread};
use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::client::librdkafka_text::TooLarge;

/// Maximum number of header names of one record that are not UTF-8. The headers behind them are left out, because each
/// costs a panic that is caught.
const UNREADABLE_NAMES: usize = 16;

/// Maximum number of records of a refused batch for each of which there is a record. A batch of more records becomes
/// one record for all of them, so that a batch of millions of empty records does not become millions of dead letters.
const SINGLE_RECORDS: i64 = 1_000;

/// Copies a message into a record of `topic`. The name of the topic is shared, not copied. `admits_line` limits the log
/// lines about unreadable headers.
pub(crate) fn owned(
    topic: &Arc<str>,
    message: &BorrowedMessage<'_>,
    admits_line: impl Fn(&'static str) -> bool,
) -> Record {
    let (partition, offset) = (message.partition(), message.offset());
    let (headers, unreadable) = message.headers().map(readable).unwrap_or_default();
    if unreadable > 0 && admits_line("header-names") {
        tracing::warn!(
            record.topic = %topic,
            record.partition = partition,
            record.offset = offset,
            unreadable,
            reason = "header-names",
            "headers with names that are not UTF-8 are left out");
    }
    Record {
        topic: Arc::clone(topic),
        partition,
        offset,
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
        unread: None,
    }
}

/// The records that stand for those that the client refused because of their size.
pub(crate) fn unread(topic: &Arc<str>, refused: TooLarge) -> impl Iterator<Item = Record> {
    let TooLarge { partition, first, last, bytes, limit } = refused;
    let is_few = last - first < SINGLE_RECORDS;
    let offsets = if is_few { first..=last } else { last..=last };
    let topic = Arc::clone(topic);
    offsets.map(move |offset| Record {
        topic: Arc::clone(&topic),
        partition,
        offset,
        timestamp: None,
        key: None,
        value: None,
        headers: Vec::new(),
        unread: Some(Unread { first_offset: if is_few { offset } else { first }, bytes, limit }),
    })
}

/// The readable headers, and the number of those that are left out.
///
/// rdkafka panics at a header name that is not UTF-8, which brokers allow. rdkafka offers no safe access to the bytes of
/// the name, so the panic is caught, and not reported. It leaves nothing half done, because reading a header changes
/// nothing.
fn readable(headers: &impl Headers) -> (Vec<Header>, usize) {
    let read = |index| {
        let header = headers.try_get(index)?;
        Some((header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
    };
    let (count, mut unreadable) = (headers.count(), 0);
    let mut all = Vec::with_capacity(count);
    for index in 0..count {
        match without_report(|| read(index)) {
            Ok(header) => all.extend(header),
            Err(()) if unreadable + 1 == UNREADABLE_NAMES => break,
            Err(()) => unreadable += 1,
        }
    }
    let unreadable = count - all.len();
    (all, unreadable)
}

thread_local! {
    /// Whether a panic of this thread is expected.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work` and catches its panic. The panic hook does not report it.
fn without_report<T>(work: impl FnOnce() -> T) -> Result<T, ()> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_EXPECTED.get() {
                report(panic);
            }
        }));
    });
    IS_EXPECTED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_EXPECTED.set(false);
    outcome.map_err(drop)
}
