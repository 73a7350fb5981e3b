//! Publishing: messages and dead letters as consumers read them.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use ::consumer::{DeadLetter, Message, Publisher as _, Record, Rejection, Source as _};
use devstack::Topic;
use kafka::{Omitted, ParsedDeadLetter, Publisher, Settings};

use crate::fixture::{Fixture, drain, soon};

fn message(key: &str, value: usize) -> Message {
    Message { key: key.to_owned(), value: value.to_string().into_bytes() }
}

#[tokio::test]
async fn messages_of_one_key_keep_their_order_if_the_queue_is_full() -> anyhow::Result<()> {
    const MESSAGES: usize = 50_000;
    let fixture = Fixture::with(3).await?;
    let publisher = Publisher::connect(&fixture.settings)?;
    let messages: Vec<_> = (0..MESSAGES).map(|number| message(&format!("user-{}", number % 7), number)).collect();
    publisher.publish(&messages, &[]).await?;

    let mut reader = fixture.reader_of(fixture.settings.destination_topic.as_deref().unwrap())?;
    let mut last = HashMap::new();
    let mut count = 0;
    for record in drain(&mut reader, 1000).await?.concat() {
        let number: usize = String::from_utf8(record.value.unwrap())?.parse()?;
        let before = last.insert(record.key.unwrap(), number);
        assert!(before.is_none_or(|before| before < number), "{number} came after {before:?}");
        count += 1;
    }
    assert_eq!((count, last.len()), (MESSAGES, 7));
    reader.close().await;
    Ok(())
}

/// Together, the messages are three times as large as the topic's limit; each alone is a tenth of it.
#[tokio::test]
async fn messages_are_not_rejected_because_of_their_batch() -> anyhow::Result<()> {
    const MAX_MESSAGE_BYTES: usize = 100_000;
    let stack = devstack::shared().await?;
    let narrow = stack.fresh_name("narrow").await?;
    stack.create_topics(&[Topic::data(&narrow, 1).with("max.message.bytes", "100000")]).await?;
    let fixture = Fixture::with(1).await?;
    let settings = Settings {
        destination_topic: Some(narrow.clone()),
        batch_bytes: MAX_MESSAGE_BYTES - 1024,
        ..fixture.settings.clone()
    };
    let messages: Vec<_> =
        (0..30).map(|_| Message { key: "user".to_owned(), value: vec![b'x'; MAX_MESSAGE_BYTES / 10] }).collect();
    soon(Publisher::connect(&settings)?.publish(&messages, &[])).await??;
    let mut reader = fixture.reader_of(&narrow)?;
    assert_eq!(drain(&mut reader, 100).await?.concat().len(), 30);
    reader.close().await;
    Ok(())
}

fn dead_letter(offset: i64, value: Option<Vec<u8>>, rejection: Rejection) -> DeadLetter {
    DeadLetter {
        record: Record {
            topic: Arc::from("orders"),
            partition: 4,
            offset,
            timestamp: Some(1_650_000_000_123),
            key: Some(b"key".to_vec()),
            value,
            headers: vec![("trace".to_owned(), Some(b"1".to_vec())), ("empty".to_owned(), None)],
            unread: None,
        },
        rejection,
        failed_at: UNIX_EPOCH + Duration::from_millis(1_700_000_000_500),
    }
}

/// The value of the last header of this name.
fn said(record: &Record, name: &str) -> Option<String> {
    let (_, value) = record.headers.iter().rfind(|(known, _)| known == name)?;
    String::from_utf8(value.clone()?).ok()
}

#[tokio::test]
async fn a_dead_letter_has_the_original_and_the_reason() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let letter = dead_letter(42, None, Rejection::new("not-json", "expected a value"));
    Publisher::connect(&fixture.settings)?.publish(&[], std::slice::from_ref(&letter)).await?;

    let mut reader = fixture.reader_of(&fixture.settings.dead_letter_topic)?;
    let found = drain(&mut reader, 100).await?.concat();
    let [found] = found.as_slice() else { panic!("{} dead letters", found.len()) };
    let original = &letter.record;
    assert_eq!((&found.key, &found.value, found.timestamp), (&original.key, &original.value, original.timestamp));
    let headers: Vec<_> = found
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_deref().map(|value| std::str::from_utf8(value).unwrap())))
        .collect();
    assert_eq!(
        headers,
        [
            ("trace", Some("1")),
            ("empty", None),
            ("reason", Some("not-json")),
            ("error", Some("expected a value")),
            ("source-topic", Some("orders")),
            ("source-partition", Some("4")),
            ("source-offset", Some("42")),
            ("service", Some("it-service")),
            ("failed-at", Some("2023-11-14T22:13:20.5Z")),
        ]
    );
    reader.close().await;
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_over_the_topic_limit_is_published_without_its_value() -> anyhow::Result<()> {
    const TOO_LARGE: [usize; 2] = [2 << 20, 9 << 20]; // for the broker, and for the client already
    let fixture = Fixture::with(1).await?;
    let letters = [10, TOO_LARGE[0], 11, TOO_LARGE[1], 12];
    let rejection = || Rejection::new("not-json", "expected a value");
    let letters = (0..).zip(letters).map(|(offset, bytes)| dead_letter(offset, Some(vec![b'x'; bytes]), rejection()));
    let letters: Vec<_> = letters.collect();
    let publisher = Publisher::connect(&fixture.settings)?;
    soon(publisher.publish(&[message("key", 1)], &letters)).await??;
    soon(publisher.publish(&[message("key", 2)], &[])).await??;

    let mut reader = fixture.reader_of(&fixture.settings.dead_letter_topic)?;
    let mut found = drain(&mut reader, 100).await?.concat();
    reader.close().await;
    found.sort_by_key(|record| said(record, "source-offset"));
    let found_as = |record: &Record| (record.value.as_ref().map(Vec::len), said(record, "value-omitted"));
    let omitted = |bytes: usize| (None, Some(bytes.to_string()));
    assert_eq!(
        found.iter().map(found_as).collect::<Vec<_>>(),
        [(Some(10), None), omitted(TOO_LARGE[0]), (Some(11), None), omitted(TOO_LARGE[1]), (Some(12), None)]
    );

    for (record, whole) in found.into_iter().zip([true, false, true, false, true]) {
        let letter = ParsedDeadLetter::open(record).expect("a dead letter, with or without its value");
        assert_eq!(!letter.omitted.is_any(), whole, "{letter:?}");
        assert_eq!(letter.into_replay("dead").is_some(), whole, "without its value it would be a tombstone");
    }
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_with_a_large_key_and_headers_is_published_without_them() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let small = || dead_letter(42, Some(b"{".to_vec()), Rejection::new("not-json", "expected a value"));
    let with_key = |bytes: usize| {
        let letter = small();
        DeadLetter { record: Record { key: Some(vec![b'k'; bytes]), ..letter.record }, ..letter }
    };
    let mut with_header = small();
    with_header.record.headers[0].1 = Some(vec![b'h'; 2 << 20]);
    let letters = [small(), with_key(2 << 20), with_header, with_key(9 << 20), small()];
    soon(Publisher::connect(&fixture.settings)?.publish(&[], &letters)).await??;

    let mut reader = fixture.reader_of(&fixture.settings.dead_letter_topic)?;
    let found = drain(&mut reader, 100).await?.concat();
    reader.close().await;
    let found_as = |record: Record| {
        let (named, whole) = (record.key.clone(), ParsedDeadLetter::open(record).expect("a dead letter"));
        (named.is_some(), whole.omitted, whole.reason)
    };
    let omitted = |key| Omitted { value: Some(1), key: Some(key), headers: Some(2), content: None };
    let expected = [
        (true, Omitted::default()),
        (true, Omitted::default()),
        (false, omitted(3)),
        (false, omitted(2 << 20)),
        (false, omitted(9 << 20)),
    ];
    let expected = expected.map(|(named, omitted)| (named, omitted, "not-json".to_owned()));
    let mut found: Vec<_> = found.into_iter().map(found_as).collect();
    found.sort_by_key(|(_, omitted, _)| omitted.key);
    assert_eq!(found, expected);
    Ok(())
}

#[tokio::test]
async fn a_timestamp_that_the_broker_rejects_is_kept_in_a_header() -> anyhow::Result<()> {
    const IN_A_CENTURY: i64 = 4_900_000_000_000;
    let fixture = Fixture::with(1).await?;
    let letter = dead_letter(42, Some(b"{".to_vec()), Rejection::new("from-the-future", "sent_dttm"));
    let record = Record { timestamp: Some(IN_A_CENTURY), ..letter.record.clone() };
    soon(Publisher::connect(&fixture.settings)?.publish(&[], &[DeadLetter { record, ..letter }])).await??;

    let mut reader = fixture.reader_of(&fixture.settings.dead_letter_topic)?;
    let found = drain(&mut reader, 100).await?.concat();
    reader.close().await;
    assert_ne!(found[0].timestamp, Some(IN_A_CENTURY), "this broker accepts any timestamp");
    let letter = ParsedDeadLetter::open(found[0].clone()).expect("a dead letter");
    assert_eq!((letter.original.timestamp, letter.omitted.is_any()), (Some(IN_A_CENTURY), false));
    assert_eq!(letter.original.headers.len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_error_is_truncated_between_two_characters() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let rejection = Rejection::new("not-json", format!("!{}", "ж".repeat(100_000)));
    let letter = dead_letter(42, None, rejection);
    Publisher::connect(&fixture.settings)?.publish(&[], std::slice::from_ref(&letter)).await?;

    let mut reader = fixture.reader_of(&fixture.settings.dead_letter_topic)?;
    let found = drain(&mut reader, 100).await?.concat();
    reader.close().await;
    assert_eq!(said(&found[0], "error"), Some(format!("!{}", "ж".repeat(511))));
    Ok(())
}

#[tokio::test]
async fn publishing_without_a_destination_topic_is_an_error() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let publisher = Publisher::connect(&Settings { destination_topic: None, ..fixture.settings })?;
    publisher.publish(&[], &[]).await?;
    assert!(publisher.publish(&[message("key", 1)], &[]).await.is_err());
    Ok(())
}
