//! A receiver that cannot be reached, answers with errors, is gone, or says when to come back.

use std::collections::BTreeSet;

use super::{Outcome, Subscribed, complete};

/// Moves the times of the sync a week back, as if the clock were a week ahead.
const WEEK: &str =
    "UPDATE segments.syncs SET retry_at = retry_at - interval '7 days', success_at = success_at - interval '7 days'";

#[tokio::test]
async fn after_an_outage_of_a_week_exactly_the_difference_is_sent_once() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(100).await?;
    subscribed.set(1, 50, true).await?;
    assert_eq!(subscribed.sync().await?, complete(50));
    subscribed.receiver.answers(|_| (503, String::new()));
    subscribed.set(1, 20, false).await?;
    assert_eq!(subscribed.sync().await?, Outcome::Failed("the receiver answers with 503".to_owned()));
    subscribed.set(1, 10, true).await?;
    subscribed.set(60, 70, true).await?;
    subscribed.set(60, 65, false).await?;
    for failures in 2..5 {
        subscribed.fixture.run(WEEK).await?;
        assert!(matches!(subscribed.sync().await?, Outcome::Failed(_)));
        let state =
            "SELECT failures, pending > 0 AS waits, retry_at > now() AT TIME ZONE 'UTC' AS later FROM segments.syncs";
        assert_eq!(subscribed.fixture.rows(state).await?, [format!("{failures}|true|true")]);
    }
    assert_eq!(subscribed.status().await?, "failing");
    subscribed.receiver.answers(|_| (200, String::new()));
    let before = subscribed.receiver.calls();
    // 1 to 10 left and returned, 11 to 20 left, 66 to 70 joined.
    assert_eq!(subscribed.sync().await?, complete(10 * 2 + 10 + 5));
    assert_eq!(subscribed.receiver.calls(), before + 1);
    let ids: Vec<String> =
        subscribed.receiver.last_changes().iter().map(|change| change["change_id"].to_string()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each change once");
    subscribed.holds_the_members().await?;
    assert_eq!((subscribed.sync().await?, subscribed.status().await?.as_str()), (complete(0), "uploaded"));
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_until_the_subscription_is_changed() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(5).await?;
    subscribed.set(1, 5, true).await?;
    subscribed.receiver.answers(|_| (410, String::new()));
    assert_eq!(subscribed.sync().await?, Outcome::Failed("the receiver answers with 410".to_owned()));
    assert_eq!((subscribed.status().await?.as_str(), subscribed.sync().await?), ("gone", Outcome::Idle));
    subscribed.receiver.answers(|_| (200, String::new()));
    subscribed.fixture.run("UPDATE segmenter_subscriptions SET params = params").await?;
    assert_eq!(subscribed.sync().await?, complete(5));
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn a_receiver_says_when_to_come_back() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(5).await?;
    subscribed.set(1, 5, true).await?;
    let wait = "SELECT round(extract(epoch FROM retry_at - now() AT TIME ZONE 'UTC')) FROM segments.syncs";
    subscribed.receiver.answers(|_| (429, "Retry-After: 600\r\n".to_owned()));
    subscribed.sync().await?;
    let seconds: i64 = subscribed.fixture.rows(wait).await?[0].parse()?;
    assert!((590..=600).contains(&seconds), "{seconds}");
    // The time between attempts is not made shorter.
    subscribed.receiver.answers(|_| (503, "Retry-After: 1\r\n".to_owned()));
    subscribed.sync().await?;
    let seconds: i64 = subscribed.fixture.rows(wait).await?[0].parse()?;
    assert!((8..=10).contains(&seconds), "{seconds}");
    let received = subscribed.receiver.received();
    assert_eq!(received[0].id, received[1].id, "the same content has the same id");
    Ok(())
}

#[tokio::test]
async fn a_batch_that_was_acknowledged_is_not_sent_again_after_a_later_failure() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(250).await?;
    subscribed.set(1, 250, true).await?;
    subscribed.receiver.answers(|body| {
        let has_last =
            body["data"]["changes"].as_array().unwrap().iter().any(|change| change["user"]["user_id"] == 250);
        (if has_last { 500 } else { 200 }, String::new())
    });
    assert!(matches!(subscribed.sync().await?, Outcome::Failed(_)));
    assert_eq!(subscribed.fixture.rows("SELECT pending FROM segments.syncs").await?, ["50"]);
    subscribed.receiver.answers(|_| (200, String::new()));
    assert_eq!(subscribed.sync().await?, complete(50));
    assert_eq!(subscribed.receiver.calls(), 4);
    subscribed.holds_the_members().await
}
