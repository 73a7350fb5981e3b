//! A process that is killed inside the transaction of a refresh, or of a request with an Idempotency-Key: all or nothing.

use std::process::Command;

use super::{Automatic, running::until};
use crate::{
    fixture::Fixture,
    service::{Answer, Service},
};

/// Rows that a refresh writes, and the versions of those that it changes.
const WRITTEN: &str = "SELECT 'membership' AS kind, id, xmin::text, end_at::text FROM segments.memberships
    UNION ALL SELECT kind, operation_id, xmin::text, at::text FROM segments.operations
    UNION ALL SELECT 'refresh', segment_id, xmin::text, success_at::text FROM segments.refreshes ORDER BY 1, 2";

const STATES: &str = "SELECT state FROM segments.log ORDER BY run_id";

/// Runs `refresh A` as a process, which dies at this point.
fn killed_at(automatic: &Automatic, point: &str) -> anyhow::Result<()> {
    use std::os::unix::process::ExitStatusExt as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
    command.env_clear().env("DATABASE_URL", &automatic.fixture.url).env("REFRESH_DATABASE_URL", &automatic.login);
    let output = command.args(["refresh", "A"]).env("FAILPOINTS", format!("{point}=return")).output()?;
    anyhow::ensure!(output.status.signal() == Some(9), "{point}: {output:?}");
    Ok(())
}

/// Waits until the server has ended the transactions of processes that died.
async fn until_rolled_back(automatic: &Automatic) -> anyhow::Result<()> {
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until(automatic, locks, &["0"]).await
}

#[tokio::test]
async fn a_refresh_that_is_killed_before_commit_changes_nothing_and_the_next_one_is_whole() -> anyhow::Result<()> {
    let automatic = Automatic::new(5).await?;
    automatic
        .fixture
        .run(
            "CREATE TABLE public.wanted (user_id int, hash_email text); GRANT SELECT ON wanted TO PUBLIC;
            INSERT INTO wanted VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        )
        .await?;
    automatic.query("A", "SELECT user_id, hash_email FROM public.wanted").await?;
    automatic.succeeds("A").await?;
    let mut states = vec!["success"];
    for (round, point) in ["desired", "refreshed"].into_iter().enumerate() {
        // One leaves, one has another hash, one joins.
        automatic
            .fixture
            .run(&format!(
                "DELETE FROM wanted WHERE user_id = {0}; UPDATE wanted SET hash_email = '{0}' WHERE user_id = 3;
                INSERT INTO wanted VALUES ({1}, 'e')",
                2 - round,
                4 + round
            ))
            .await?;
        let before = automatic.fixture.rows(WRITTEN).await?;
        killed_at(&automatic, point)?;
        until_rolled_back(&automatic).await?;
        assert_eq!(automatic.fixture.rows(WRITTEN).await?, before, "killed at {point}");
        states.push("running");
        assert_eq!(automatic.fixture.rows(STATES).await?, states, "killed at {point}");
        automatic.succeeds("A").await?;
        states.pop();
        states.extend(["abandoned", "success"]);
        assert_eq!(automatic.fixture.rows(STATES).await?, states, "killed at {point}");
        let effect = "SELECT detail ->> 'joining' AS joining, detail ->> 'leaving' AS leaving,
            count(*) FILTER (WHERE opened_by = operation_id) AS opened, count(*) FILTER (WHERE closed_by = operation_id) AS closed
            FROM segments.operations JOIN segments.memberships ON operation_id IN (opened_by, closed_by)
            WHERE kind = 'refresh' GROUP BY operation_id ORDER BY operation_id DESC LIMIT 1";
        assert_eq!(automatic.fixture.rows(effect).await?, ["1|1|2|2"], "killed at {point}");
        automatic.fixture.audit().await?;
    }
    assert_eq!(automatic.members("A").await?, ["3", "4", "5"]);
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_killed_before_the_commit_of_a_refresh_refreshes_again_when_it_is_back() -> anyhow::Result<()>
{
    let automatic = Automatic::new(3).await?;
    automatic.segment("A", r#"{"query":{"sql":"SELECT user_id FROM segments.users"}}"#, Some("0 4 * * *")).await?;
    let url = [("REFRESH_DATABASE_URL", automatic.login.as_str())];
    let armed = [url[0], ("FAILPOINTS", "refreshed=return")];
    Service::launch(&automatic.fixture.url, &armed)?.until_ended().await?;
    until_rolled_back(&automatic).await?;
    assert_eq!(automatic.members("A").await?, Vec::<String>::new());
    assert_eq!(automatic.fixture.rows(STATES).await?, ["running"]);
    let _service = Service::start(&automatic.fixture.url, &url).await?;
    until(&automatic, STATES, &["abandoned", "success"]).await?;
    assert_eq!(automatic.members("A").await?, ["1", "2", "3"]);
    automatic.fixture.audit().await
}

/// Requests with a key: path, content type, body.
const REQUESTS: [(&str, &str, &str); 3] = [
    ("/api/v2/segments/A/members/batch", "application/json", r#"{"add":[{"user":"1"},{"user":"2"}],"remove":["3"]}"#),
    ("/api/v2/segments/A/members/import", "text/csv", "user\n1\n2\n3\n"),
    ("/api/v2/segments/A/assign", "application/json", r#"{"percent":100,"mode":"live"}"#),
];

fn send(service: &Service, (path, kind, body): (&str, &str, &str)) -> std::io::Result<Answer> {
    let headers = format!("Content-Type: {kind}\r\nIdempotency-Key: k\r\n");
    crate::service::send(service.address(), "POST", path, &headers, body.as_bytes())
}

/// The operations after the creation of the segment, the memberships, the keys.
const EFFECT: &str = "SELECT (SELECT count(*) FROM segments.operations WHERE kind <> 'create_segment'),
    (SELECT count(*) FROM segments.memberships), (SELECT count(*) FROM segments.idempotency)";

#[tokio::test]
async fn a_request_with_a_key_that_is_killed_before_commit_changes_nothing_and_has_its_effect_later()
-> anyhow::Result<()> {
    for request in REQUESTS {
        let automatic = Automatic::new(3).await?;
        automatic.fixture.run("INSERT INTO segmenter_segments (name) VALUES ('A')").await?;
        let mut service = Service::start(&automatic.fixture.url, &[("FAILPOINTS", "answered=return")]).await?;
        let _ = send(&service, request);
        service.until_ended().await?;
        until_rolled_back(&automatic).await?;
        assert_eq!(automatic.fixture.rows(EFFECT).await?, ["0|0|0"], "{request:?}");
        let service = Service::start(&automatic.fixture.url, &[]).await?;
        let answer = send(&service, request)?;
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        assert!(!answer.is_replayed, "{request:?}: {answer:?}");
        assert_once(&automatic.fixture, request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_request_with_a_key_that_is_killed_after_commit_has_its_answer_and_no_second_effect() -> anyhow::Result<()> {
    for request in REQUESTS {
        let automatic = Automatic::new(3).await?;
        automatic.fixture.run("INSERT INTO segmenter_segments (name) VALUES ('A')").await?;
        let mut service = Service::start(&automatic.fixture.url, &[("FAILPOINTS", "committed=return")]).await?;
        let _ = send(&service, request);
        service.until_ended().await?;
        let service = Service::start(&automatic.fixture.url, &[]).await?;
        let answer = send(&service, request)?;
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        assert!(answer.is_replayed, "{request:?}: {answer:?}");
        assert_once(&automatic.fixture, request).await?;
    }
    Ok(())
}

/// One operation, all memberships, one key.
async fn assert_once(fixture: &Fixture, request: (&str, &str, &str)) -> anyhow::Result<()> {
    let members = if request.0.ends_with("batch") { 2 } else { 3 };
    assert_eq!(fixture.rows(EFFECT).await?, [format!("1|{members}|1")], "{request:?}");
    fixture.audit().await
}
