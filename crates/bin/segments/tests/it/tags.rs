//! Tags of the order warehouse as segments.

use std::time::Duration;

use segments::{
    changes::Cause,
    refresh::{Refresher, State},
    tags::{Reason, TagRecords, create_missing},
};

use crate::fixture::Fixture;
use consumer::Processor as _;

/// Users of the warehouse `u1` … with a tag and its event.
async fn with(users: u32) -> anyhow::Result<Fixture> {
    let fixture = Fixture::with_warehouse().await?;
    fixture
        .run(&format!(
            "INSERT INTO cdm.users (user_id, source_id)
            SELECT md5('u' || n)::uuid, 'u' || n FROM generate_series(1, {users}) AS n;
            INSERT INTO cdm.user_tags (user_id, rule_id, tag, assigned_at) SELECT user_id, 1, 'Любитель пиццы', now() FROM cdm.users;
            INSERT INTO cdm.user_tag_events
                (user_id, rule_id, change_no, source_id, tag, action, subject, subject_name, order_cnt, threshold, at)
            SELECT user_id, 1, 1, source_id, 'Любитель пиццы', 'assigned', 'category', 'Пицца', 10, 10, '2026-01-01' FROM cdm.users"
        ))
        .await?;
    Ok(fixture)
}

async fn members(fixture: &Fixture) -> anyhow::Result<Vec<String>> {
    fixture
        .rows(
            "SELECT source_id FROM segments.memberships JOIN segments.users USING (user_id)
            WHERE closed_by IS NULL ORDER BY source_id",
        )
        .await
}

#[tokio::test]
async fn a_record_names_a_user_and_the_tags_are_read() -> anyhow::Result<()> {
    let fixture = with(2).await?;
    let records = TagRecords::new(fixture.changes.clone());
    let event = ["u1".to_owned(), "u1".to_owned(), "unknown".to_owned()];
    for _ in 0..2 {
        records.store(&event).await.unwrap();
    }
    assert_eq!(members(&fixture).await?, ["u1"]);
    // The last record says that the tag was assigned, and is late: the tag is gone.
    fixture.run("DELETE FROM cdm.user_tags WHERE user_id = md5('u1')::uuid").await?;
    records.store(&event).await.unwrap();
    assert_eq!(members(&fixture).await?, Vec::<String>::new());
    let history = "SELECT kind, actor, detail -> 'added' -> 0 ->> 'order_cnt' AS orders, detail -> 'tags' -> 0 ->> 'rule_id' AS rule
        FROM segments.operations WHERE kind = 'change_user' ORDER BY operation_id";
    assert_eq!(fixture.rows(history).await?, ["change_user|tags|10", "change_user|tags|1"]);
    let guid = "SELECT guid = md5(source_id)::uuid AS hub FROM segments.users JOIN (VALUES ('u1')) AS v (s) ON md5(s)::uuid = guid";
    assert_eq!(fixture.rows(guid).await?, ["false"].map(|_| "true".to_owned()));
    let infinity = database::PgTimestamp::INFINITY;
    let reason = Reason::find(&fixture.pool()?, 1, "Любитель пиццы", infinity).await.unwrap().unwrap();
    assert_eq!((reason.rule_id, reason.order_cnt, reason.subject_name.as_str()), (1, 10, "Пицца"));
    fixture.audit().await
}

#[tokio::test]
async fn a_reconciliation_needs_no_records_and_an_emptied_table_is_held_by_the_guard() -> anyhow::Result<()> {
    let fixture = with(1500).await?;
    create_missing(&fixture.changes).await.unwrap();
    let refresher = Refresher::new(fixture.pool()?, None, Duration::from_secs(10));
    let refresh = async || refresher.refresh("Любитель пиццы", false, &Cause::task("test")).await.unwrap().unwrap();
    assert_eq!(refresh().await.state, State::Success);
    assert_eq!(members(&fixture).await?.len(), 1500);
    fixture.run("DELETE FROM cdm.user_tags WHERE user_id = md5('u7')::uuid").await?;
    assert_eq!(refresh().await.state, State::Success);
    assert_eq!(members(&fixture).await?.len(), 1499);
    fixture.run("DELETE FROM cdm.user_tags").await?;
    assert_eq!(refresh().await.state, State::Rejected);
    assert_eq!(members(&fixture).await?.len(), 1499);
    fixture.audit().await
}

#[tokio::test]
async fn a_segment_of_the_name_by_request_is_left_alone() -> anyhow::Result<()> {
    let fixture = with(1).await?;
    fixture.changes.create_segment("Любитель пиццы", 0, &Cause::task("test")).await.unwrap();
    create_missing(&fixture.changes).await.unwrap();
    TagRecords::new(fixture.changes.clone()).store(&["u1".to_owned()]).await.unwrap();
    assert_eq!(members(&fixture).await?, Vec::<String>::new());
    fixture.changes.delete_segment("Любитель пиццы", &Cause::task("test")).await.unwrap();
    create_missing(&fixture.changes).await.unwrap();
    let segments = "SELECT count(*) FILTER (WHERE actual_end = 'infinity') AS alive, count(*) FROM segments.segments";
    assert_eq!(fixture.rows(segments).await?, ["0|1"]);
    Ok(())
}
