//! Changes that a receiver does not want.

use serde_json::{Value, json};

use super::{Outcome, Subscribed, complete};
use segments::subscribers::due::Work;

fn has(body: &Value, user_id: i32) -> bool {
    body["data"]["changes"].as_array().unwrap().iter().any(|change| change["user"]["user_id"] == user_id)
}

#[tokio::test]
async fn of_a_thousand_changes_the_rejected_one_is_found_in_twenty_one_calls() -> anyhow::Result<()> {
    for rejected in [1, 617, 1000] {
        let subscribed = Subscribed::with(1000, json!({"batch": 1000})).await?;
        subscribed.set(1, 1000, true).await?;
        subscribed.receiver.answers(move |body| (if has(body, rejected) { 422 } else { 200 }, String::new()));
        assert_eq!(subscribed.sync().await?, Outcome::Complete { acknowledged: 999, rejected: 1 });
        assert!(subscribed.receiver.calls() <= 21, "{}", subscribed.receiver.calls());
        assert_eq!(subscribed.receiver.holds().len(), 999);
        let rejections = "SELECT user_id, op, response, change_id LIKE '1:%' AS of_one FROM segments.rejections";
        assert_eq!(subscribed.fixture.rows(rejections).await?, [format!("{rejected}|added|422 no|true")]);
        // It is not sent again, also by a comparison.
        let calls = subscribed.receiver.calls();
        assert_eq!(subscribed.sync_as(Work::Reconcile).await?, complete(0));
        assert_eq!((subscribed.receiver.calls(), subscribed.status().await?.as_str()), (calls, "uploaded"));
        // Until it is deleted.
        subscribed.receiver.answers(|_| (200, String::new()));
        subscribed.fixture.run("DELETE FROM segments.rejections").await?;
        assert_eq!(subscribed.sync_as(Work::Reconcile).await?, complete(1));
        subscribed.holds_the_members().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_failure_during_the_search_keeps_what_was_acknowledged() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(100).await?;
    subscribed.set(1, 100, true).await?;
    // The first quarter is taken, then the receiver fails.
    subscribed.receiver.answers(|body| {
        let size = body["data"]["changes"].as_array().unwrap().len();
        (
            if size > 25 {
                413
            } else if has(body, 26) {
                500
            } else {
                200
            },
            String::new(),
        )
    });
    assert!(matches!(subscribed.sync().await?, Outcome::Failed(_)));
    assert_eq!(subscribed.receiver.holds().len(), 25);
    subscribed.receiver.answers(|_| (200, String::new()));
    assert_eq!(subscribed.sync().await?, complete(75));
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn a_user_whom_the_receiver_has_since_a_lost_answer_and_then_rejects_is_removed() -> anyhow::Result<()> {
    for joins_again in [false, true] {
        let subscribed = Subscribed::new(3).await?;
        subscribed.set(1, 3, true).await?;
        subscribed.receiver.loses_answers(true);
        assert!(matches!(subscribed.sync().await?, Outcome::Failed(_)));
        subscribed.receiver.loses_answers(false);
        assert_eq!(subscribed.receiver.holds().len(), 3);
        if joins_again {
            subscribed.set(2, 2, false).await?;
            subscribed.set(2, 2, true).await?;
        }
        let adds = |body: &Value| {
            let changes = body["data"]["changes"].as_array().unwrap();
            changes.iter().any(|change| change["user"]["user_id"] == 2 && change["op"] == "added")
        };
        subscribed.receiver.answers(move |body| (if adds(body) { 422 } else { 200 }, String::new()));
        assert!(matches!(subscribed.sync().await?, Outcome::Complete { rejected: 1, .. }));
        subscribed.set(2, 2, false).await?;
        assert!(matches!(subscribed.sync().await?, Outcome::Complete { rejected: 0, .. }));
        subscribed.holds_the_members().await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_a_rejected_user_the_next_membership_is_sent() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(3).await?;
    subscribed.set(1, 3, true).await?;
    subscribed.receiver.answers(|body| (if has(body, 2) { 400 } else { 200 }, String::new()));
    assert_eq!(subscribed.sync().await?, Outcome::Complete { acknowledged: 2, rejected: 1 });
    subscribed.receiver.answers(|_| (200, String::new()));
    subscribed.set(2, 2, false).await?;
    assert_eq!(subscribed.sync().await?, complete(0), "the receiver does not have the user");
    subscribed.set(2, 2, true).await?;
    assert_eq!(subscribed.sync().await?, complete(1));
    subscribed.holds_the_members().await
}
