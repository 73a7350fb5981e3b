//! Subscriptions by SQL: the rules of the API, the lock of the segment, the end.

use std::time::Duration;

use database::Settings;
use tokio::time::timeout;

use super::{Subscribed, complete};
use segments::subscribers::due::Work;

#[tokio::test]
async fn a_subscription_by_sql_follows_the_rules() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(1).await?;
    let insert = |target: &str, params: &str, rest: (&str, &str)| {
        format!(
            "INSERT INTO segmenter_subscriptions (consumer_id, segment_id, target, params{})
            SELECT 1, id, '{target}', '{params}'{} FROM segmenter_segments",
            rest.0, rest.1
        )
    };
    for (sql, expected) in [
        (insert("webhook", "{}", ("", "")), "params.url of target webhook is a text"),
        (insert("webhook", r#"{"url": 5}"#, ("", "")), "params.url of target webhook is a text"),
        (insert("webhook", r#"{"url": "ftp://x"}"#, ("", "")), "params.url is an address"),
        (insert("webhook", r#"{"url": "https://a:b@x/"}"#, ("", "")), "params.url is an address"),
        (insert("webhook", r#"{"url": "https://x/", "topic": "t"}"#, ("", "")), "have no key topic"),
        (insert("kafka", "[]", ("", "")), "params of a subscription is an object"),
        (insert("kafka", r#"{"topic": "t", "batch": 1001}"#, ("", "")), "params.batch"),
        (insert("kafka", r#"{"topic": "t", "batch": "10"}"#, ("", "")), "params.batch"),
        (insert("kafka", r#"{"topic": "t"}"#, (", cron", ", '* * * *'")), "five fields"),
        (
            insert("webhook", &format!(r#"{{"url": "{}"}}"#, subscribed.receiver.url()), ("", "")),
            "subscriptions_current",
        ),
        ("UPDATE segmenter_subscriptions SET params = '{}'".to_owned(), "params.url"),
        ("UPDATE segmenter_subscriptions SET name = 'B'".to_owned(), "only params, cron and actual_end change"),
    ] {
        let error = subscribed.fixture.run(&sql).await.err().map(|error| format!("{error:?}"));
        assert!(error.as_ref().is_some_and(|error| error.contains(expected)), "{sql}: {error:?}");
    }
    let rendered = insert("kafka", r#"{"topic": "t"}"#, (", name", ", '{{name}}-{{id}}'"));
    subscribed.fixture.run(&rendered).await?;
    let audience = "SELECT audience = 'A-' || segment_id AS good FROM segments.subscriptions WHERE target = 'kafka'";
    assert_eq!(subscribed.fixture.rows(audience).await?, ["true"]);
    Ok(())
}

#[tokio::test]
async fn creating_a_subscription_waits_for_a_change_of_the_segment() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(1).await?;
    let other = database::connect(&Settings::from_url(&subscribed.fixture.url, None, 1)?).await?.client;
    other.batch_execute("BEGIN; SELECT pg_advisory_xact_lock_shared(hashint8extended(1, 7224647963))").await?;
    let insert = "INSERT INTO segmenter_subscriptions (consumer_id, segment_id, target, params)
        SELECT 1, id, 'csv', '{\"path\": \"a\"}' FROM segmenter_segments";
    let mut inserting = std::pin::pin!(subscribed.fixture.run(insert));
    assert!(timeout(Duration::from_millis(300), &mut inserting).await.is_err());
    other.batch_execute("COMMIT").await?;
    inserting.await
}

#[tokio::test]
async fn the_end_of_a_subscription_tells_the_receiver_once() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(10).await?;
    subscribed.set(1, 10, true).await?;
    assert_eq!(subscribed.sync().await?, complete(10));
    subscribed.fixture.run("UPDATE segmenter_consumers SET actual_end = now()").await?;
    subscribed.receiver.answers(|_| (500, String::new()));
    subscribed.sync_as(Work::End).await?;
    subscribed.receiver.answers(|_| (200, String::new()));
    assert_eq!(subscribed.sync_as(Work::End).await?, complete(0));
    assert_eq!(subscribed.receiver.calls(), 3);
    let last = subscribed.receiver.received().pop().unwrap();
    assert_eq!(last.body["type"], "segment.audience.removed");
    assert_eq!(last.body["data"], serde_json::json!({"subscription": 1, "segment": "A", "audience": "A"}));
    assert!(subscribed.receiver.holds().is_empty());
    let left = "SELECT (SELECT count(*) FROM segments.deliveries) + (SELECT count(*) FROM segments.secrets WHERE subscription_id = 1)";
    assert_eq!(subscribed.fixture.rows(left).await?, ["0"]);
    subscribed.sync_as(Work::End).await?;
    assert_eq!(subscribed.receiver.calls(), 3);
    let again = "UPDATE segmenter_subscriptions SET actual_end = 'infinity'";
    assert!(subscribed.fixture.run(again).await.is_err());
    Ok(())
}
