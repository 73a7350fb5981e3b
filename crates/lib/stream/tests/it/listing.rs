//! Tests of `dead-letters list`: the table, the JSON lines, the selection.

use database::Database;
use runtime::{Confirmation, ExitError};
use stream::dead_letters::{List, Replay, Selection};

use crate::fixture::Fixture;

#[tokio::test]
async fn listing_an_empty_topic_reports_that_there_are_none() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let topic = &fixture.kafka.dead_letter_topic;
    assert_eq!(fixture.list(&List::default()).await?, format!("{topic} is empty\n"));
    assert_eq!(fixture.list(&List { json: true, ..List::default() }).await?, "");
    Ok(())
}

#[tokio::test]
async fn the_table_shows_the_reason_and_not_the_record() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture
        .send_dead_letter(&[
            fixture.letter(41, "not-json", Some("Котова".as_bytes())),
            fixture.letter(42, "empty", None),
        ])
        .await?;
    let table = fixture.list(&List::default()).await?;
    let topic = &fixture.kafka.source_topic;
    for text in ["0/0", "2023-11-14T22:14:01Z", "not-json", "what is wrong", &format!("{topic}/1/41"), "12", "null"] {
        assert!(table.contains(text), "{text} in\n{table}");
    }
    assert!(!table.contains("Котова"), "{table}");
    assert!(table.ends_with(&format!("2 of the 2 records of {}\n", fixture.kafka.dead_letter_topic)), "{table}");
    Ok(())
}

#[tokio::test]
async fn a_line_of_json_shows_the_record() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture
        .send_dead_letter(&[
            fixture.letter(7, "not-json", Some("Котова".as_bytes())),
            fixture.letter(8, "x", Some(&[0xff])),
        ])
        .await?;
    let lines = fixture.list(&List { json: true, ..List::default() }).await?;
    let lines = lines.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>()?;
    let expected = serde_json::json!({
        "partition": 0, "offset": 0, "reason": "not-json", "error": "what is wrong", "service": "it-service",
        "failed_at": "2023-11-14T22:13:27Z",
        "source": {"topic": fixture.kafka.source_topic, "partition": 1, "offset": 7, "timestamp": 1_650_000_000_007_i64},
        "key": "key", "value": "Котова", "value_bytes": 12, "headers": [{"name": "trace", "value": "1"}],
        "replayed_at": null,
    });
    assert_eq!(lines[0], expected);
    assert_eq!(lines[1]["value"], serde_json::json!({"hex": "ff"}));
    Ok(())
}

#[tokio::test]
async fn replayed_and_incomplete_dead_letters_are_marked() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let large = vec![b'x'; 2 << 20];
    fixture
        .send_dead_letter(&[fixture.letter(1, "not-json", Some(b"{")), fixture.letter(2, "not-json", Some(&large))])
        .await?;
    let confirmation = Confirmation { yes: true, ..Confirmation::default() };
    fixture.replay(&Replay { confirmation, ..Replay::default() }).await?;
    let listed = fixture.list(&List { json: true, ..List::default() }).await?;
    let lines = listed.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>()?;
    let at: jiff::Timestamp = lines[0]["replayed_at"].as_str().unwrap().parse()?;
    assert!(at > "2026-01-01T00:00:00Z".parse()?, "{at}");
    assert_eq!((&lines[0]["value"], lines[0].get("omitted")), (&"{".into(), None));
    let (value, omitted) = (serde_json::Value::Null, serde_json::json!(["value"]));
    assert_eq!((&lines[1]["value"], &lines[1]["replayed_at"]), (&value, &value));
    assert_eq!((&lines[1]["omitted"], &lines[1]["value_bytes"]), (&omitted, &(2 << 20).into()));

    let table = fixture.list(&List::default()).await?;
    assert!(table.contains(&format!("{at:.0}")) && table.contains("2097152, left out"), "{table}");
    Ok(())
}

#[tokio::test]
async fn dead_letters_are_listed_without_the_database() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    fixture.send_dead_letter(&[fixture.letter(1, "not-json", Some(b"{"))]).await?;
    let nowhere = database::Settings::from_url("postgres://nobody@127.0.0.1:1/none", None, 1)?;
    let nowhere = Database::new(&nowhere);
    for database in [None, Some(&nowhere)] {
        let mut out = Vec::new();
        List { json: true, ..List::default() }.run(&fixture.kafka, database, &mut out).await?;
        let line: serde_json::Value = serde_json::from_slice(&out)?;
        assert_eq!((&line["reason"], line.get("replayed_at")), (&"not-json".into(), None));
        let mut out = Vec::new();
        List::default().run(&fixture.kafka, database, &mut out).await?;
        assert!(String::from_utf8(out)?.contains("┆ ?"), "what is not known looks as if it were");
    }
    Ok(())
}

#[tokio::test]
async fn only_selected_dead_letters_are_listed() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let letters: Vec<_> =
        (0..6).map(|offset| fixture.letter(offset, ["even", "odd"][offset as usize % 2], None)).collect();
    fixture.send_dead_letter(&letters).await?;
    let since = Some("2023-11-14T22:13:22Z".parse()?);
    for (selection, limit, offsets) in [
        (Selection::default(), None, vec![0, 1, 2, 3, 4, 5]),
        (Selection::default(), Some(2), vec![0, 1]),
        (Selection { reason: Some("odd".to_owned()), ..Selection::default() }, None, vec![1, 3, 5]),
        (Selection { reason: Some("odd".to_owned()), since, ..Selection::default() }, Some(1), vec![3]),
        (Selection { since, ..Selection::default() }, None, vec![2, 3, 4, 5]),
        (Selection { partition: Some(0), from: Some(1), to: Some(2), ..Selection::default() }, None, vec![1, 2]),
        (Selection { partition: Some(1), ..Selection::default() }, None, vec![]),
    ] {
        let list = List { selection, limit, json: true };
        let lines = fixture.list(&list).await?;
        let lines = lines.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>()?;
        let listed: Vec<_> = lines.iter().map(|line| line["offset"].as_i64().unwrap()).collect();
        assert_eq!(listed, offsets, "{list:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_topic_is_named() -> anyhow::Result<()> {
    let mut fixture = Fixture::set().await?;
    fixture.kafka.dead_letter_topic = "nowhere".to_owned();
    let error = fixture.list(&List::default()).await.unwrap_err();
    let said = "KAFKA_DEAD_LETTER_TOPIC: topic nowhere does not exist".to_owned();
    assert_eq!(error.downcast::<ExitError>()?, ExitError::Unavailable(said));
    Ok(())
}
