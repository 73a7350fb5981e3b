//! When refreshes run: due times, replicas, processes that die.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{Instant, sleep};

use super::Automatic;
use crate::service::Service;

/// Waits until a query has these rows.
pub(crate) async fn until(automatic: &Automatic, query: &str, expected: &[&str]) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        let rows = automatic.fixture.rows(query).await?;
        if rows == expected {
            return Ok(());
        }
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(60), "{query}: {rows:?}, not {expected:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn two_replicas_refresh_once_for_each_due_time() -> anyhow::Result<()> {
    let automatic = Automatic::new(3).await?;
    let params = r#"{"query":{"sql":"SELECT user_id FROM segments.users"}}"#;
    automatic.segment("A", params, Some("* * * * * *")).await?;
    let settings = [("REFRESH_DATABASE_URL", automatic.login.as_str())];
    let _first = Service::start(&automatic.fixture.url, &settings).await?;
    let _second = Service::start(&automatic.fixture.url, &settings).await?;
    until(&automatic, "SELECT count(*) > 5 AS enough FROM segments.log WHERE state = 'success'", &["true"]).await?;
    let states = automatic.fixture.rows("SELECT DISTINCT state FROM segments.log WHERE state <> 'running'").await?;
    assert_eq!(states, ["success"]);
    // The operations have the exact times; a second has one.
    let seconds = automatic.fixture.rows("SELECT date_trunc('second', first_upload_dttm) FROM segments.log").await?;
    let distinct: BTreeSet<&String> = seconds.iter().collect();
    assert!(distinct.len() + 1 >= seconds.len(), "{seconds:?}");
    assert_eq!(automatic.members("A").await?, ["1", "2", "3"]);
    automatic.fixture.audit().await
}

#[tokio::test]
async fn a_process_that_dies_changes_nothing_and_leaves_an_abandoned_run() -> anyhow::Result<()> {
    let automatic = Automatic::new(2).await?;
    automatic
        .fixture
        .run("CREATE TABLE public.pause (seconds int); INSERT INTO pause VALUES (30); GRANT SELECT ON pause TO PUBLIC")
        .await?;
    let sql = "SELECT user_id FROM segments.users, (SELECT pg_sleep(seconds) FROM public.pause) AS slept";
    let params = serde_json::json!({ "query": { "sql": sql } }).to_string();
    automatic.segment("A", &params, Some("* * * * *")).await?;
    let settings = [("REFRESH_DATABASE_URL", automatic.login.as_str())];
    let mut service = Service::start(&automatic.fixture.url, &settings).await?;
    let states = "SELECT state FROM segments.log ORDER BY run_id";
    until(&automatic, states, &["running"]).await?;
    sleep(Duration::from_secs(1)).await;
    service.kill();
    assert_eq!(automatic.members("A").await?, Vec::<String>::new());
    automatic.fixture.run("UPDATE pause SET seconds = 0").await?;
    let _service = Service::start(&automatic.fixture.url, &settings).await?;
    until(&automatic, states, &["abandoned", "success"]).await?;
    assert_eq!(automatic.members("A").await?, ["1", "2"]);
    automatic.fixture.audit().await
}

#[tokio::test]
async fn a_failure_waits_a_minute_and_a_change_is_tried_at_once() -> anyhow::Result<()> {
    let automatic = Automatic::new(2).await?;
    automatic.segment("A", r#"{"query":{"sql":"SELECT nothing"}}"#, Some("* * * * * *")).await?;
    let settings = [("REFRESH_DATABASE_URL", automatic.login.as_str())];
    let service = Service::start(&automatic.fixture.url, &settings).await?;
    let states = "SELECT state FROM segments.log ORDER BY run_id";
    until(&automatic, states, &["failed"]).await?;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(automatic.fixture.rows(states).await?, ["failed"]);
    let retry = "SELECT failures, retry_at > (now() AT TIME ZONE 'UTC') + interval '40 seconds' AS later FROM segments.refreshes";
    assert_eq!(automatic.fixture.rows(retry).await?, ["1|true"]);
    let metrics = service.get("/metrics")?.body;
    assert!(metrics.contains("tagmill_segments_refresh_failing{service=\"segments-service\"} 1"), "{metrics}");
    automatic
        .fixture
        .run(r#"UPDATE segmenter_segments SET refresh_params = '{"query":{"sql":"SELECT 2 AS user_id"}}', refresh_cron = '0 0 1 1 *'"#)
        .await?;
    until(&automatic, states, &["failed", "success"]).await?;
    assert_eq!(automatic.members("A").await?, ["2"]);
    Ok(())
}
