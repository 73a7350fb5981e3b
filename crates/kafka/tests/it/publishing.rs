//! Messages and dead letters, as their readers find them.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use kafka::{Publisher, Settings};
use pipeline::{DeadLetter, Message, Publisher as _, Record, Rejection, Source as _};

use crate::stage::{Stage, drain};

fn message(key: &str, value: usize) -> Message {
    Message { key: key.to_owned(), value: value.to_string().into_bytes() }
}

#[tokio::test]
async fn messages_of_one_key_keep_their_order_also_when_they_do_not_fit_into_the_queue() -> anyhow::Result<()> {
    const MESSAGES: usize = 50_000;
    let stage = Stage::with(3).await?;
    let publisher = Publisher::connect(&stage.settings)?;
    let messages: Vec<_> = (0..MESSAGES).map(|number| message(&format!("user-{}", number % 7), number)).collect();
    publisher.publish(&messages, &[]).await?;

    let mut reader = stage.reader_of(stage.settings.destination_topic.as_deref().unwrap())?;
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

#[tokio::test]
async fn a_dead_letter_is_the_original_and_says_why_it_is_there() -> anyhow::Result<()> {
    let stage = Stage::with(1).await?;
    let letter = DeadLetter {
        record: Record {
            topic: Arc::from("orders"),
            partition: 4,
            offset: 42,
            timestamp: Some(1_650_000_000_123),
            key: Some(b"key".to_vec()),
            value: None,
            headers: vec![("trace".to_owned(), Some(b"1".to_vec())), ("empty".to_owned(), None)],
        },
        rejection: Rejection::new("not-json", "expected a value"),
        failed_at: UNIX_EPOCH + Duration::from_millis(1_700_000_000_500),
    };
    Publisher::connect(&stage.settings)?.publish(&[], std::slice::from_ref(&letter)).await?;

    let mut reader = stage.reader_of(&stage.settings.dead_letter_topic)?;
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
async fn messages_without_a_destination_are_not_swallowed() -> anyhow::Result<()> {
    let stage = Stage::with(1).await?;
    let publisher = Publisher::connect(&Settings { destination_topic: None, ..stage.settings })?;
    publisher.publish(&[], &[]).await?;
    assert!(publisher.publish(&[message("key", 1)], &[]).await.is_err());
    Ok(())
}
