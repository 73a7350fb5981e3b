//! The customer's five collections, written and read by SQL alone.

use super::{Automatic, running::until};
use crate::service::Service;

#[tokio::test]
async fn with_sql_alone_a_segment_is_created_filled_and_ended() -> anyhow::Result<()> {
    let automatic = Automatic::new(3).await?;
    let settings = [("REFRESH_DATABASE_URL", automatic.login.as_str())];
    let _service = Service::start(&automatic.fixture.url, &settings).await?;
    let params = r#"{"query":{"sql":"SELECT user_id FROM segments.users"}}"#;
    automatic.segment("A", params, Some("0 4 * * *")).await?;
    let members = "SELECT count(*) FROM segments.memberships WHERE closed_by IS NULL";
    until(&automatic, members, &["3"]).await?;
    let log = "SELECT action, coverage, num_received, num_invalid, segment_name IS NULL AS local, error IS NULL AS good
        FROM segmenter_log WHERE id = (SELECT id FROM segmenter_segments WHERE name = 'A')";
    until(&automatic, log, &["refresh|3|3|0|true|true"]).await?;
    let listed = "SELECT name, refresh_auto, refresh_cron FROM segmenter";
    assert_eq!(automatic.fixture.rows(listed).await?, ["A|true|0 4 * * *"]);
    automatic.fixture.run("UPDATE segmenter_segments SET actual_end = now() WHERE name = 'A'").await?;
    assert_eq!(automatic.fixture.rows(members).await?, ["0"]);
    assert_eq!(automatic.fixture.rows(listed).await?, Vec::<String>::new());
    let operations = "SELECT kind, actor = session_user::text AS by_me FROM segments.operations
        WHERE kind <> 'refresh' ORDER BY operation_id";
    assert_eq!(automatic.fixture.rows(operations).await?, ["create_segment|true", "delete_segment|true"]);
    automatic.fixture.audit().await
}

#[tokio::test]
async fn writes_follow_the_rules_of_the_api() -> anyhow::Result<()> {
    let automatic = Automatic::new(1).await?;
    automatic.query("A", "SELECT 1 AS user_id").await?;
    for (sql, expected) in [
        ("INSERT INTO segmenter_segments (name) VALUES ('A')", "duplicate key"),
        ("INSERT INTO segmenter_segments (name) VALUES ('')", "1 to 1000 bytes"),
        (
            r#"INSERT INTO segmenter_segments (name, refresh_params) VALUES ('B', '{"sql": 1}')"#,
            "exactly one of the keys",
        ),
        (
            r#"INSERT INTO segmenter_segments (name, refresh_params) VALUES ('B', '{"tag": 1, "query": 1}')"#,
            "exactly one",
        ),
        ("INSERT INTO segmenter_segments (name, actual_end) VALUES ('B', now())", "no actual_end"),
        ("UPDATE segmenter_segments SET name = 'B'", "never change"),
        ("DELETE FROM segmenter_segments", "DELETE of segmenter_segments is not possible"),
        ("UPDATE segmenter_log SET error = NULL", ""),
        ("INSERT INTO segmenter (name) VALUES ('B')", "INSERT of segmenter is not possible"),
        ("INSERT INTO segmenter_consumers (name) VALUES ('')", "1 to 1000 bytes"),
        (
            "INSERT INTO segmenter_subscriptions (consumer_id, segment_id, target) VALUES (1, gen_random_uuid(), 'csv')",
            "exist",
        ),
        ("INSERT INTO segmenter_subscriptions (target) VALUES ('fax')", "webhook, kafka or csv"),
    ] {
        let error = automatic.fixture.run(sql).await.err().map(|error| format!("{error:?}"));
        if !expected.is_empty() {
            assert!(error.as_ref().is_some_and(|error| error.contains(expected)), "{sql}: {error:?}");
        }
    }
    automatic
        .fixture
        .run(
            "INSERT INTO segmenter_consumers (name) VALUES ('ads');
            INSERT INTO segmenter_subscriptions (consumer_id, segment_id, target, params)
            SELECT consumers.id, segments.id, 'csv', '{\"path\": \"a.csv\"}'
            FROM segmenter_consumers AS consumers, segmenter_segments AS segments",
        )
        .await?;
    let listed = "SELECT name, update_target, update_name, update_params ->> 'path' AS path FROM segmenter";
    assert_eq!(automatic.fixture.rows(listed).await?, ["A|csv|{{name}}|a.csv"]);
    automatic.fixture.run("UPDATE segmenter_consumers SET actual_end = now()").await?;
    let current = "SELECT count(*) FROM segmenter_subscriptions WHERE actual_end = 'infinity'";
    assert_eq!(automatic.fixture.rows(current).await?, ["0"]);
    automatic.fixture.audit().await
}

#[tokio::test]
async fn a_view_whose_name_is_taken_is_left_out() -> anyhow::Result<()> {
    let automatic = Automatic::new(1).await?;
    automatic
        .fixture
        .run("DROP VIEW public.segmenter_log; CREATE TABLE public.segmenter_log (id int); DROP VIEW public.segmenter_consumers;
            SELECT segments.create_collections()")
        .await?;
    let kinds = "SELECT relname, relkind FROM pg_class WHERE relname LIKE 'segmenter%' AND relnamespace = 'public'::regnamespace
        ORDER BY relname";
    let expected = [
        "segmenter|v",
        "segmenter_consumers|v",
        "segmenter_log|r",
        "segmenter_segments|v",
        "segmenter_subscriptions|v",
    ];
    assert_eq!(automatic.fixture.rows(kinds).await?, expected);
    Ok(())
}
