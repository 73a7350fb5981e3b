//! Tests of `dead-letters replay`: the records that are sent back, their headers, and that each is sent once.

use std::time::{Duration, UNIX_EPOCH};

use consumer::{DeadLetter, Record};
use devstack::Topic;
use kafka::{ReplayProducer, Settings};
use runtime::{Confirmation, ExitError};
use stream::dead_letters::{List, Replay, Selection};

use crate::fixture::{Fixture, header};

fn dry_run() -> Replay {
    let confirmation = Confirmation { dry_run: true, ..Confirmation::default() };
    Replay { confirmation, ..Replay::default() }
}

fn execute(selection: Selection) -> Replay {
    Replay { selection, confirmation: Confirmation { yes: true, ..Confirmation::default() } }
}

#[tokio::test]
async fn a_dry_run_replays_nothing_and_reports_it() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture.send_dead_letter(&[fixture.letter(1, "not-json", Some(b"{")), fixture.letter(2, "not-json", None)]).await?;
    let (source, dead) = (&fixture.kafka.source_topic, &fixture.kafka.dead_letter_topic);
    let said = format!("2 of the 2 records of {dead}\nwould send back 2 to {source} (not-json)\nnothing was changed\n");
    assert_eq!(fixture.replay(&dry_run()).await?, said);
    assert_eq!(fixture.replay(&dry_run()).await?, said, "nothing was remembered");
    assert_eq!(fixture.source().await?, []);
    Ok(())
}

#[tokio::test]
async fn each_original_record_is_replayed_once() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture
        .send_dead_letter(&[fixture.letter(1, "not-json", Some(b"{")), fixture.letter(2, "tombstone", None)])
        .await?;
    let (source, dead) = (&fixture.kafka.source_topic, &fixture.kafka.dead_letter_topic);
    let said = fixture.replay(&execute(Selection::default())).await?;
    assert!(said.contains(&format!("sent back 1 to {source} (tombstone)\n")), "{said}");

    let records = fixture.source().await?;
    let values: Vec<_> = records.iter().map(|record| record.value.as_deref()).collect();
    assert_eq!(values, [Some(b"{".as_slice()), None]);
    for (at, record) in (0..).zip(&records) {
        assert_eq!((record.partition, record.key.as_deref()), (1, Some(b"key".as_slice())));
        let written_at = 1_650_000_000_001 + at;
        let noted =
            [header("original-timestamp", &written_at.to_string()), header("replayed-from", &format!("{dead}/0/{at}"))];
        assert_eq!(record.headers[0], header("trace", "1"));
        assert_eq!(record.headers[1..], noted);
        assert_eq!(record.written_at(), Some(written_at), "it is judged by its own time");
        assert!(record.timestamp > Some(written_at), "it is a new record");
    }

    let said = fixture.replay(&execute(Selection::default())).await?;
    let nothing = format!("2 of the 2 records of {dead}\nleft out 2: sent back before\nnothing to send back\n");
    assert_eq!(said, nothing);
    assert_eq!(fixture.source().await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_record_that_fails_again_keeps_the_time_of_its_first_failure() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture.send_dead_letter(&[fixture.letter(1, "not-json", Some(b"{"))]).await?;
    fixture.replay(&execute(Selection::default())).await?;
    let again = DeadLetter { record: fixture.source().await?.remove(0), ..fixture.letter(1, "not-json", None) };
    fixture.send_dead_letter(&[again]).await?;

    let said = fixture.replay(&execute(Selection::default())).await?;
    assert!(said.contains("left out 1: sent back before\n"), "{said}");
    let records = fixture.source().await?;
    let dead = &fixture.kafka.dead_letter_topic;
    let noted = [
        header("trace", "1"),
        header("original-timestamp", "1650000000001"),
        header("replayed-from", &format!("{dead}/0/1")),
    ];
    assert_eq!((records.len(), &records[1].headers[..]), (2, &noted[..]));
    Ok(())
}

#[tokio::test]
async fn only_selected_dead_letters_are_replayed() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let letters: Vec<_> =
        (0..6).map(|offset| fixture.letter(offset, ["even", "odd"][offset as usize % 2], None)).collect();
    fixture.send_dead_letter(&letters).await?;
    let range = Selection { partition: Some(0), from: Some(1), to: Some(4), ..Selection::default() };
    fixture.replay(&execute(Selection { reason: Some("odd".to_owned()), ..range.clone() })).await?;
    assert_eq!(times(&fixture).await?, [1, 3]);
    fixture.replay(&execute(range)).await?;
    assert_eq!(times(&fixture).await?, [1, 3, 2, 4]);
    Ok(())
}

/// The timestamps of the original records that are in the source topic.
async fn times(fixture: &Fixture) -> anyhow::Result<Vec<i64>> {
    Ok(fixture.source().await?.iter().map(|record| record.written_at().unwrap() - 1_650_000_000_000).collect())
}

#[tokio::test]
async fn a_record_too_large_for_its_topic_is_skipped_and_named() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let large = vec![b'x'; 1_048_588];
    fixture
        .send_dead_letter(&[fixture.letter(1, "too-large", Some(&large)), fixture.letter(2, "not-json", Some(b"{"))])
        .await?;
    let said = fixture.replay(&execute(Selection::default())).await?;
    assert!(said.contains("left out 0/0: with the added headers it exceeds the limit of its topic\n"), "{said}");
    assert_eq!(times(&fixture).await?, [2]);
    Ok(())
}

#[tokio::test]
async fn a_missing_source_topic_is_named() -> anyhow::Result<()> {
    let mut fixture = Fixture::set().await?;
    fixture.kafka.source_topic = "long-gone".to_owned();
    fixture.send_dead_letter(&[fixture.letter(1, "not-json", None)]).await?;
    let error = fixture.replay(&dry_run()).await.unwrap_err();
    let said = "topic long-gone, the origin of these dead letters, does not exist".to_owned();
    assert_eq!(error.downcast::<ExitError>()?, ExitError::Unavailable(said));
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_cannot_choose_the_topic_of_its_replay() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let forged = |offset, topic: &str| {
        let letter = fixture.letter(offset, "not-json", Some(b"{"));
        DeadLetter { record: Record { topic: topic.into(), ..letter.record }, ..letter }
    };
    let dead = &fixture.kafka.dead_letter_topic;
    fixture
        .send_dead_letter(&[forged(1, dead), fixture.letter(2, "not-json", Some(b"{")), forged(3, "\u{1b}[2Jtags")])
        .await?;
    let said = fixture.replay(&execute(Selection::default())).await?;
    let source = &fixture.kafka.source_topic;
    assert!(said.contains(&format!("left out 1 from {dead}: this service reads {source}\n")), "{said}");
    assert!(said.contains("left out 1 from \u{fffd}[2Jtags: "), "a topic's name commands the terminal: {said:?}");
    assert_eq!(times(&fixture).await?, [2]);
    assert!(
        fixture.list(&List::default()).await?.contains("3 of the 3 records"),
        "the letter was sent to its own topic"
    );
    Ok(())
}

#[tokio::test]
async fn an_omitted_value_is_fetched_from_the_source_topic() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    // The source topic accepts the record, the dead-letter topic does not.
    let original = Record { value: Some(vec![b'x'; 1_000_000]), ..fixture.letter(0, "x", None).record };
    ReplayProducer::connect(&fixture.kafka)?.send(&[original.clone(), original.clone()]).await?;
    let dead_letter_topic = devstack::shared().await?.fresh_name("small-room").await?;
    let small_room = Topic::data(&dead_letter_topic, 1).with("max.message.bytes", "100000");
    devstack::shared().await?.create_topics(&[small_room]).await?;
    let fixture = Fixture { kafka: Settings { dead_letter_topic, ..fixture.kafka.clone() }, ..fixture };
    let appended = fixture.source().await?;
    let letter = |record: &Record| DeadLetter { record: record.clone(), ..fixture.letter(0, "not-json", None) };
    let strange = Record { timestamp: Some(1), ..appended[0].clone() };
    let gone = Record { offset: 100, ..appended[0].clone() };
    fixture.send_dead_letter(&[letter(&appended[0]), letter(&strange), letter(&gone)]).await?;

    let table = fixture.list(&List::default()).await?;
    assert_eq!(table.matches("1000000, left out").count(), 3, "{table}");
    let said = fixture.replay(&dry_run()).await?;
    assert!(said.contains("would send back 1 to "), "{said}");
    let said = fixture.replay(&execute(Selection::default())).await?;
    assert!(said.contains("sent back 1 to "), "{said}");
    let source = &fixture.kafka.source_topic;
    for (letter, offset) in [(1, 0), (2, 100)] {
        let left =
            format!("left out 0/{letter}: it is incomplete, and the original {source}/1/{offset} no longer exists");
        assert!(said.contains(&left), "{said}");
    }
    let records = fixture.source().await?;
    assert_eq!(records.len(), 3);
    assert_eq!((&records[2].value, records[2].written_at()), (&original.value, appended[0].timestamp));
    Ok(())
}

#[tokio::test]
async fn concurrent_replays_lose_no_record_and_mark_each() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let letters: Vec<_> = (0..1200).map(|offset| fixture.letter(offset, "not-json", Some(b"{"))).collect();
    fixture.send_dead_letter(&letters).await?;
    let both = execute(Selection::default());
    let (one, other) = tokio::try_join!(fixture.replay(&both), fixture.replay(&both))?;
    let mut times = times(&fixture).await?;
    assert!((1200..=2400).contains(&times.len()), "{} records\n{one}\n{other}", times.len());
    times.sort_unstable();
    times.dedup();
    assert_eq!(times, (0..1200).collect::<Vec<_>>());
    let said = fixture.replay(&both).await?;
    assert!(said.ends_with("left out 1200: sent back before\nnothing to send back\n"), "{said}");
    Ok(())
}

#[tokio::test]
async fn dead_letters_of_a_recreated_topic_are_not_taken_for_replayed_ones() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture.send_dead_letter(&[fixture.letter(1, "not-json", Some(b"{"))]).await?;
    fixture.replay(&execute(Selection::default())).await?;
    // A dead letter that failed later has the coordinates of one that was sent back.
    let dead = devstack::shared().await?;
    dead.delete_topics(&[&fixture.kafka.dead_letter_topic]).await?;
    dead.create_topics(&[Topic::dead_letters(&fixture.kafka.dead_letter_topic, 1)]).await?;
    let failed_at = UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    fixture.send_dead_letter(&[DeadLetter { failed_at, ..fixture.letter(2, "not-json", Some(b"{")) }]).await?;
    assert!(fixture.list(&List { json: true, ..List::default() }).await?.contains("\"replayed_at\":null"));
    fixture.replay(&execute(Selection::default())).await?;
    assert_eq!(times(&fixture).await?, [1, 2]);
    Ok(())
}
