//! Tests of `cdm-service rules`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, until};
use serde_json::{Value, json};

use crate::tags::{CATEGORY, USER, counters, say, tags};

/// Output of a command, which must succeed.
async fn run(pipeline: &Pipeline, arguments: &[&str]) -> Result<String> {
    let output = pipeline.service(Layer::Cdm).run(&[&["rules"], arguments].concat()).await?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    Ok(text)
}

/// Exit code and output of a command that must fail.
async fn refused(pipeline: &Pipeline, arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let output = pipeline.service(Layer::Cdm).run(&[&["rules"], arguments].concat()).await?;
    Ok((output.status.code(), String::from_utf8(output.stderr)?))
}

#[tokio::test]
async fn rules_are_previewed_written_and_listed() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.sql("DELETE FROM cdm.tag_rules").await?;
    ensure!(run(&pipeline, &["list"]).await?.contains("there is no rule"));
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    for (user, count) in [(USER, 12), ("second", 10), ("third", 9)] {
        say(&pipeline, counters(user, 1, count, 1)).await?;
    }

    let new = ["--category", CATEGORY, "--threshold", "10", "--tag", "Завтракает"];
    let preview: Value = serde_json::from_str(&run(&pipeline, &[&["preview", "--json"][..], &new].concat()).await?)?;
    assert_eq!(
        preview["gains"],
        json!({"users": 2, "examples": [{"user_id": USER, "order_cnt": 12}, {"user_id": "second", "order_cnt": 10}]})
    );
    assert_eq!(preview["without"], json!({"users": 1, "examples": [{"user_id": "third", "order_cnt": 9}]}));
    assert_eq!(pipeline.count("SELECT count(*) FROM cdm.tag_rules").await?, 0);

    let added = run(&pipeline, &[&["add"][..], &new].concat()).await?;
    ensure!(added.contains("2 users gain the tag, 0 lose it"), "{added}");
    let id = added.strip_prefix("rule ").and_then(|rest| rest.split_once(':')).context("no id")?.0.to_owned();
    applied(&pipeline).await?;
    assert_eq!(tags(&pipeline).await?.len(), 2);
    let listed: Value = serde_json::from_str(&run(&pipeline, &["list", "--json"]).await?)?;
    assert_eq!(
        listed,
        json!({
            "rule_id": id.parse::<i64>()?, "subject": "category", "subject_key": CATEGORY, "threshold": 10,
            "tag": "Завтракает", "enabled": true, "users": 2, "applied": true,
        })
    );
    ensure!(run(&pipeline, &["list"]).await?.contains("applied"));

    let preview =
        run(&pipeline, &["preview", &id, "--threshold", "11", "--tag", "Жаворонок", "--examples", "1"]).await?;
    ensure!(preview.contains("1 users lose it: second (10)"), "{preview}");
    ensure!(preview.contains(&format!("1 users have it under another text: {USER} (12)")), "{preview}");
    ensure!(preview.contains("nothing was changed"), "{preview}");
    let set = run(&pipeline, &["set", &id, "--threshold", "11", "--tag", "Жаворонок"]).await?;
    ensure!(set.contains("0 users gain the tag, 1 lose it, 1 keep it, 1 of them under another text"), "{set}");
    applied(&pipeline).await?;
    assert_eq!(tags(&pipeline).await?, [format!("{USER}|{id}|Жаворонок")]);

    ensure!(run(&pipeline, &["set", &id, "--disable"]).await?.contains("1 lose it"));
    applied(&pipeline).await?;
    ensure!(run(&pipeline, &["list"]).await?.contains("disabled"));
    ensure!(run(&pipeline, &["set", &id, "--enable"]).await?.contains("1 users gain the tag"));
    applied(&pipeline).await?;
    ensure!(run(&pipeline, &["preview", &id, "--remove"]).await?.contains(&format!("1 users lose it: {USER} (12)")));
    let dry = run(&pipeline, &["remove", &id, "--dry-run"]).await?;
    ensure!(dry.contains("1 users would lose the tag") && dry.ends_with("nothing was changed\n"), "{dry}");
    ensure!(refused(&pipeline, &["remove", &id]).await?.0 == Some(64), "no confirmation was asked for");
    ensure!(run(&pipeline, &["remove", &id, "--yes"]).await?.contains("1 lose it"));
    applied(&pipeline).await?;
    ensure!(tags(&pipeline).await?.is_empty());
    assert_eq!(pipeline.assert_tags_are_published().await?.events, 8);
    Ok(())
}

#[tokio::test]
async fn an_invalid_rule_is_rejected_with_one_line() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let before = pipeline.sql("SELECT * FROM cdm.tag_rules").await?;
    for (arguments, code, words) in [
        (&["add", "--category", "Пицца", "--threshold", "3"][..], 64, "--tag"),
        (&["add", "--threshold", "3", "--tag", "x"], 64, "--category or --product"),
        (&["add", "--category", "Пицца", "--threshold", "0", "--tag", "x"], 64, "threshold"),
        (&["add", "--category", " ", "--threshold", "1", "--tag", "x"], 64, "empty"),
        (&["add", "--category", "a", "--product", "b", "--threshold", "1", "--tag", "x"], 64, "product"),
        (&["set", "1"], 64, "nothing is to be changed"),
        (&["set", "4711", "--disable"], 69, "there is no rule 4711"),
        (&["remove", "1", "4711", "--yes"], 69, "there is no rule 4711"),
        (&["preview", "4711", "--remove"], 69, "there is no rule 4711"),
    ] {
        let (status, said) = refused(&pipeline, arguments).await?;
        ensure!(status == Some(code) && said.contains(words), "{arguments:?}: {status:?} {said}");
        ensure!(said.trim_end().lines().count() == 1, "{arguments:?}: {said}");
    }
    for (arguments, words) in [
        (&["add", "--category", "Пицца", "--threshold", "3", "--tag", "x", "--dry-run"][..], "would add a rule: "),
        (&["set", "1", "--disable", "--dry-run"], "would change rule 1: "),
        (&["remove", "1", "--dry-run"], "would remove rule 1: "),
    ] {
        let said = run(&pipeline, arguments).await?;
        ensure!(said.starts_with(words) && said.ends_with("nothing was changed\n"), "{arguments:?}: {said}");
    }
    ensure!(pipeline.sql("SELECT * FROM cdm.tag_rules").await? == before, "a refused command has changed something");
    let unknown = run(&pipeline, &["add", "--category", "пицца", "--threshold", "3", "--tag", "x"]).await?;
    ensure!(unknown.contains("no user has ordered it so far"), "{unknown}");
    Ok(())
}

async fn applied(pipeline: &Pipeline) -> Result<()> {
    until("the rules are applied", Duration::from_secs(60), async || Ok(pipeline.untagged().await? == 0)).await
}
