//! `dead-letters replay`: what goes back, as what, and how often.

use pipeline::DeadLetter;
use service::{
    Refusal,
    dead_letters::{Replay, Selection},
};

use crate::stage::{Stage, header};

fn execute(selection: Selection) -> Replay {
    Replay { selection, execute: true }
}

#[tokio::test]
async fn a_dry_run_sends_nothing_and_says_how_to_send() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.bury(&[stage.letter(1, "not-json", Some(b"{")), stage.letter(2, "not-json", None)]).await?;
    let (source, dead) = (&stage.kafka.source_topic, &stage.kafka.dead_letter_topic);
    let said = format!(
        "2 of the 2 records of {dead}\nwould send back 2 to {source} (not-json)\nnothing was sent; add --execute to send\n"
    );
    assert_eq!(stage.replay(&Replay::default()).await?, said);
    assert_eq!(stage.replay(&Replay::default()).await?, said, "nothing was remembered");
    assert_eq!(stage.source().await?, []);
    Ok(())
}

#[tokio::test]
async fn the_originals_go_back_once() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.bury(&[stage.letter(1, "not-json", Some(b"{")), stage.letter(2, "tombstone", None)]).await?;
    let (source, dead) = (&stage.kafka.source_topic, &stage.kafka.dead_letter_topic);
    let said = stage.replay(&execute(Selection::default())).await?;
    assert!(said.contains(&format!("sent back 1 to {source} (tombstone)\n")), "{said}");

    let records = stage.source().await?;
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

    let said = stage.replay(&execute(Selection::default())).await?;
    let nothing = format!("2 of the 2 records of {dead}\nleft 2: sent back before\nnothing to send back\n");
    assert_eq!(said, nothing);
    assert_eq!(stage.source().await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_record_that_fails_again_keeps_its_first_time() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.bury(&[stage.letter(1, "not-json", Some(b"{"))]).await?;
    stage.replay(&execute(Selection::default())).await?;
    let again = DeadLetter { record: stage.source().await?.remove(0), ..stage.letter(1, "not-json", None) };
    stage.bury(&[again]).await?;

    let said = stage.replay(&execute(Selection::default())).await?;
    assert!(said.contains("left 1: sent back before\n"), "{said}");
    let records = stage.source().await?;
    let dead = &stage.kafka.dead_letter_topic;
    let noted = [
        header("trace", "1"),
        header("original-timestamp", "1650000000001"),
        header("replayed-from", &format!("{dead}/0/1")),
    ];
    assert_eq!((records.len(), &records[1].headers[..]), (2, &noted[..]));
    Ok(())
}

#[tokio::test]
async fn only_those_that_are_meant_go_back() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let letters: Vec<_> =
        (0..6).map(|offset| stage.letter(offset, ["even", "odd"][offset as usize % 2], None)).collect();
    stage.bury(&letters).await?;
    let range = Selection { partition: Some(0), from: Some(1), to: Some(4), ..Selection::default() };
    stage.replay(&execute(Selection { reason: Some("odd".to_owned()), ..range.clone() })).await?;
    assert_eq!(times(&stage).await?, [1, 3]);
    stage.replay(&execute(range)).await?;
    assert_eq!(times(&stage).await?, [1, 3, 2, 4]);
    Ok(())
}

/// Which of the originals are in the source topic, by their times.
async fn times(stage: &Stage) -> anyhow::Result<Vec<i64>> {
    Ok(stage.source().await?.iter().map(|record| record.written_at().unwrap() - 1_650_000_000_000).collect())
}

#[tokio::test]
async fn what_its_topic_cannot_take_is_left_and_named() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let large = vec![b'x'; 1_048_588];
    stage.bury(&[stage.letter(1, "too-large", Some(&large)), stage.letter(2, "not-json", Some(b"{"))]).await?;
    let said = stage.replay(&execute(Selection::default())).await?;
    assert!(said.contains("left 0/0: with its new headers it is too large for its topic\n"), "{said}");
    assert_eq!(times(&stage).await?, [2]);
    Ok(())
}

#[tokio::test]
async fn a_source_that_is_gone_is_named() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut letter = stage.letter(1, "not-json", None);
    letter.record.topic = "long-gone".into();
    stage.bury(&[letter]).await?;
    let error = stage.replay(&Replay::default()).await.unwrap_err();
    let said = "topic long-gone, where they came from, does not exist".to_owned();
    assert_eq!(error.downcast::<Refusal>()?, Refusal::Missing(said));
    Ok(())
}
