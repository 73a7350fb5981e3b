//! Parsing of librdkafka's texts: offsets, topic ids and offset resets that it reports only in error texts and log
//! lines.
//!
//! The texts are those of the release of librdkafka in `Cargo.lock`. The tests `ends`, `replaced` and `unreadable` of
//! `tests/it` parse them from a real client, so a release with other texts fails there.

/// The librdkafka debug context that logs topic ids. It writes a few lines for each metadata response.
pub(crate) const TOPIC_ID_DEBUG: &str = "metadata";

/// A log line that concerns the source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LogFact<'a> {
    /// The topic has this id in the cluster's metadata.
    TopicId { topic: &'a str, id: &'a str },
    /// The broker has no record at this position of the partition, so reading continues at the log start.
    OffsetReset { topic: &'a str, partition: i32, from: i64 },
}

/// The fact in a log line, if any.
pub(crate) fn log_fact(line: &str) -> Option<LogFact<'_>> {
    let line = line.split_once("]: ").filter(|_| line.starts_with("[thrd:")).map_or(line, |(_, rest)| rest);
    topic_id(line).or_else(|| offset_reset(line))
}

/// `Topic orders changed id from AAAA to BBBB`
fn topic_id(line: &str) -> Option<LogFact<'_>> {
    let (topic, rest) = line.strip_prefix("Topic ")?.split_once(" changed id from ")?;
    let (_, id) = rest.split_once(" to ")?;
    Some(LogFact::TopicId { topic, id: id.trim() })
}

/// `orders [3]: offset reset (at offset 10 (leader epoch 0), broker 1) to offset BEGINNING …: Broker: Offset out of range`
fn offset_reset(line: &str) -> Option<LogFact<'_>> {
    if !line.ends_with("Offset out of range") {
        return None;
    }
    let (partition, rest) = line.split_once("]: offset reset (at offset ")?;
    let (topic, partition) = partition.split_once(" [")?;
    Some(LogFact::OffsetReset { topic, partition: partition.parse().ok()?, from: number(rest)? })
}

/// The offset in the text of a partition error, if any.
pub(crate) fn offset_in_error(text: &str) -> Option<i64> {
    let phrases = ["at offset ", "of message at ", "end of partition at offset "];
    phrases.iter().find_map(|phrase| number(text.split_once(phrase)?.1))
}

/// A batch or a record that the client refused because of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge {
    pub(crate) partition: i32,
    /// The offsets that are skipped.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// The memory that it would take, and the limit.
    pub(crate) bytes: u64,
    pub(crate) limit: u64,
}

/// `Too large: partition 3, offsets 7 to 9, 200000 bytes in memory, limit 100000`, as `native/fetch_limits.h` writes it.
pub(crate) fn too_large(text: &str) -> Option<TooLarge> {
    let (partition, rest) = text.strip_prefix("Too large: partition ")?.split_once(", offsets ")?;
    let (first, rest) = rest.split_once(" to ")?;
    let (last, rest) = rest.split_once(", ")?;
    let (bytes, limit) = rest.split_once(" bytes in memory, limit ")?;
    Some(TooLarge {
        partition: partition.parse().ok()?,
        first: first.parse().ok()?,
        last: last.parse().ok()?,
        bytes: bytes.parse().ok()?,
        limit: limit.parse().ok()?,
    })
}

/// `…: Receive failed: Invalid response size 3000149 (0..2097152): increase receive.message.max.bytes`: the size.
pub(crate) fn oversized_response(text: &str) -> Option<i64> {
    number(text.split_once("Receive failed: Invalid response size ")?.1)
}

/// The number at the beginning of a text.
fn number(text: &str) -> Option<i64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_id_is_parsed_with_its_topic() {
        let line = "[thrd:main]: Topic orders changed id from AAAAAAAAAAAAAAAAAAAAAA to dKFr-3bJQ6ynVkq5b1nkgA";
        assert_eq!(log_fact(line), Some(LogFact::TopicId { topic: "orders", id: "dKFr-3bJQ6ynVkq5b1nkgA" }));
    }

    #[test]
    fn an_offset_out_of_range_is_parsed_with_its_partition() {
        let line = "[thrd:main]: orders [3]: offset reset (at offset 10 (leader epoch 0), broker 1) to offset BEGINNING \
                    (leader epoch -1): fetch failed due to requested offset not available on the broker: \
                    Broker: Offset out of range";
        assert_eq!(log_fact(line), Some(LogFact::OffsetReset { topic: "orders", partition: 3, from: 10 }));
    }

    #[test]
    fn other_lines_are_ignored() {
        for line in [
            "",
            "[thrd:main]: Topic orders [0] Leader 1 Epoch 0",
            "[thrd:main]: orders [3]: offset reset (at offset BEGINNING (leader epoch -1), broker 1) to offset 7",
        ] {
            assert_eq!(log_fact(line), None, "{line}");
        }
    }

    #[test]
    fn a_rejected_batch_is_parsed_with_its_offsets_and_sizes() {
        let text = "Too large: partition 3, offsets 7 to 9, 200000 bytes in memory, limit 100000";
        let refused = TooLarge { partition: 3, first: 7, last: 9, bytes: 200_000, limit: 100_000 };
        assert_eq!(too_large(text), Some(refused));
        assert_eq!(too_large("Fetch from broker 1 failed at offset 3"), None);
    }

    #[test]
    fn the_size_of_a_response_that_is_too_large_is_parsed() {
        let text = "127.0.0.1:9092/1: Receive failed: Invalid response size 3000149 (0..2097152): increase \
                    receive.message.max.bytes (after 12ms in state UP)";
        assert_eq!(oversized_response(text), Some(3_000_149));
        assert_eq!(oversized_response("127.0.0.1:9092/1: Receive failed: Connection reset by peer"), None);
    }

    #[test]
    fn the_offset_of_an_error_is_parsed() {
        for (text, offset) in [
            ("MessageSet at offset 12 (80 bytes) failed CRC32C check (original 0x1 != calculated 0x2)", Some(12)),
            ("Decompression (codec 0x5) of message at 7 of 33 bytes failed: Local: Not implemented", Some(7)),
            ("Unsupported Message(Set) MagicByte 9 at offset 4", Some(4)),
            ("Fetch from broker 1 failed at offset 3 (leader epoch 0): Broker: Invalid message", Some(3)),
            ("Fetch from broker 1 reached end of partition at offset 6 (HighwaterMark 7)", Some(6)),
            ("Fetch from broker 1 failed: Broker: Topic authorization failed", None),
        ] {
            assert_eq!(offset_in_error(text), offset, "{text}");
        }
    }
}
