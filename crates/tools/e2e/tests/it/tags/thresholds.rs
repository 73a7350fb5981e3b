//! Tests of counters that cross a threshold, up and down.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline};

use crate::tags::{CATEGORY, USER, counters, history, rule, say, tags};

#[tokio::test]
async fn a_tag_is_assigned_at_the_threshold_and_revoked_below_it() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    rule(&pipeline, 100, "category", CATEGORY, 10, "Любитель завтраков").await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    let tag = format!("{USER}|100|Любитель завтраков");
    for (version, count, has_it) in [(1, 9, false), (2, 10, true), (3, 11, true), (4, 9, false), (5, 30, true)] {
        say(&pipeline, counters(USER, version, count, 1)).await?;
        let expected = if has_it { vec![tag.clone()] } else { Vec::new() };
        ensure!(tags(&pipeline).await? == expected, "after {count}: {:?}", tags(&pipeline).await?);
    }
    // Older messages, in any order.
    say(&pipeline, counters(USER, 4, 9, 1)).await?;
    say(&pipeline, counters(USER, 1, 0, 0)).await?;
    assert_eq!(
        history(&pipeline).await?,
        [
            format!("{USER}|100|1|assigned|Любитель завтраков|10|10"),
            format!("{USER}|100|2|revoked|Любитель завтраков|9|10"),
            format!("{USER}|100|3|assigned|Любитель завтраков|30|10"),
        ]
    );
    let published = pipeline.assert_tags_are_published().await?;
    assert_eq!((published.events, published.repeats), (3, 0));
    Ok(())
}

#[tokio::test]
async fn rules_about_one_subject_or_equal_keys_are_independent() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    rule(&pipeline, 100, "category", CATEGORY, 2, "Завтракает").await?;
    rule(&pipeline, 101, "category", CATEGORY, 3, "Завтракает").await?;
    rule(&pipeline, 102, "product", "dish", 1, "Сырники").await?;
    // A category of the product's id, a product of the category's name: the same key, another subject.
    rule(&pipeline, 103, "category", "dish", 1, "никогда").await?;
    rule(&pipeline, 104, "product", CATEGORY, 1, "никогда").await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    say(&pipeline, counters(USER, 1, 3, 1)).await?;
    assert_eq!(
        tags(&pipeline).await?,
        [format!("{USER}|100|Завтракает"), format!("{USER}|101|Завтракает"), format!("{USER}|102|Сырники")]
    );
    say(&pipeline, counters(USER, 2, 2, 0)).await?;
    assert_eq!(tags(&pipeline).await?, [format!("{USER}|100|Завтракает")]);
    assert_eq!(pipeline.assert_tags_are_published().await?.events, 5);
    Ok(())
}

#[tokio::test]
async fn the_message_conforms_to_the_contract() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    rule(&pipeline, 100, "product", "dish", 2, "Любитель сырников").await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    say(&pipeline, counters(USER, 1, 0, 2)).await?;
    let messages = pipeline.read(&pipeline.destination(Layer::Cdm)).await?;
    let [message] = messages.as_slice() else { anyhow::bail!("one message, not {messages:?}") };
    assert_eq!(message.key.as_deref(), Some(USER.as_bytes()));
    let mut json = message.json()?;
    let at = json["at"].take();
    ensure!(at.as_str().is_some_and(|at| at.starts_with("20")), "at {at}");
    // SHA-256 of the sixteen bytes of the user's key, and of 100 and 1 in eight bytes each: a function of these, for good.
    assert_eq!(
        json,
        serde_json::json!({
            "event_id": "ba6b4585-7d76-2249-7118-812266a41c9e", "user_id": USER, "tag": "Любитель сырников",
            "action": "assigned", "rule_id": 100, "subject": "product", "subject_name": "Сырники", "order_cnt": 2,
            "threshold": 2, "at": null,
        })
    );
    Ok(())
}
