//! Messages for `dds-service-orders`: the counters of a user, in one message unless it is too long.

use std::collections::BTreeMap;

use consumer::Message;
use orders::{Counter, Counters};

/// The value of a counter at the end of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CounterSnapshot {
    pub(crate) user_id: String,
    pub(crate) subject: Subject,
    pub(crate) counter: Counter,
}

/// The subject of a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A product, by its source id.
    Product(String),
    /// A category, by its name.
    Category,
}

/// Builds the messages. None is longer than `limit` bytes with its key, as long as it holds more than one counter.
pub(crate) fn messages(snapshots: Vec<CounterSnapshot>, limit: usize) -> Vec<Message> {
    let mut users = BTreeMap::<String, Counters>::new();
    for CounterSnapshot { user_id, subject, counter } in snapshots {
        let counters = users
            .entry(user_id)
            .or_insert_with_key(|user_id| Counters { user_id: user_id.clone(), ..Counters::default() });
        match subject {
            Subject::Product(id) => counters.products.insert(id, counter),
            Subject::Category => counters.categories.insert(counter.name.clone(), counter),
        };
    }
    let mut messages = Vec::with_capacity(users.len());
    for counters in users.into_values() {
        write(counters, limit, &mut messages);
    }
    messages
}

/// Writes a message, and splits it if it exceeds the limit. Half of a user's counters is valid by itself. If a single
/// counter is too long, the name of its product is cut: the broker would reject the message again and again, and the
/// count matters more than the name. The vault keeps the complete name.
fn write(mut counters: Counters, limit: usize, messages: &mut Vec<Message>) {
    let message = message(&counters);
    let excess = message.size().saturating_sub(limit);
    if excess == 0 {
        messages.push(message);
    } else if counters.len() > 1 {
        let half = counters.split_off_half();
        write(counters, limit, messages);
        write(half, limit, messages);
    } else {
        counters.shorten_names_by(excess);
        tracing::warn!(
            message.bytes = message.size(),
            message.limit = limit,
            product.id = counters.products.keys().next(),
            "a counter exceeds the broker's limit; the name of its product is cut"
        );
        messages.push(self::message(&counters));
    }
}

fn message(counters: &Counters) -> Message {
    Message { key: counters.user_id.clone(), value: counters.write().into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(user: &str, product: usize) -> CounterSnapshot {
        CounterSnapshot {
            user_id: user.to_owned(),
            subject: Subject::Product(format!("p{product:02}")),
            counter: Counter { name: "Ролл".to_owned(), order_cnt: 1, version: 7 },
        }
    }

    #[test]
    fn a_message_over_the_limit_is_split_and_loses_nothing() {
        let snapshots: Vec<_> = (0..40).map(|product| snapshot("u1", product)).chain([snapshot("u2", 0)]).collect();
        let whole = messages(snapshots.clone(), usize::MAX);
        assert_eq!(whole.len(), 2);

        let split = messages(snapshots, 500);
        assert!(split.len() > 4);
        let mut products = Vec::new();
        for message in &split {
            assert!(message.value.len() <= 500);
            let counters = orders::counters::read(Some(&message.value), None).unwrap();
            assert_eq!(message.key, counters.user_id);
            products.extend(counters.products.into_keys().map(|id| (message.key.clone(), id)));
        }
        products.sort();
        products.dedup();
        assert_eq!(products.len(), 41);
    }

    #[test]
    fn the_name_of_a_counter_is_truncated_to_the_message_limit() {
        for name in ["ж".repeat(10_000), "\"".repeat(10_000), format!("x{}", "💎".repeat(5_000)), "\u{1}".repeat(9_000)]
        {
            let mut long = snapshot("u", 1);
            long.counter.name.clone_from(&name);
            let messages = messages(vec![snapshot("u", 0), long, snapshot("u", 2)], 1000);
            let mut counts = BTreeMap::new();
            for message in &messages {
                assert!(message.size() <= 1000, "{}", message.size());
                let counters = orders::counters::read(Some(&message.value), None).unwrap();
                counts.extend(counters.products);
            }
            assert_eq!(counts.len(), 3);
            let cut = &counts["p01"];
            assert_eq!((cut.order_cnt, cut.version), (1, 7));
            assert!(name.starts_with(&cut.name) && cut.name.len() > 100, "{} bytes are left", cut.name.len());
        }
    }
}
