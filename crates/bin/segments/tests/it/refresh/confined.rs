//! SQL of people is confined by its login: it reads what it may, and changes nothing.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use segments::refresh::State;

use super::{Automatic, login};
use crate::service::Service;

#[tokio::test]
async fn sql_that_writes_or_reads_secrets_is_a_failed_row_and_changes_nothing() -> anyhow::Result<()> {
    let automatic = Automatic::new(2).await?;
    automatic.query("A", "SELECT 1 AS user_id").await?;
    automatic.succeeds("A").await?;
    automatic.fixture.run("GRANT ALL ON public.test_segment TO PUBLIC").await?;
    for (sql, expected) in [
        ("DELETE FROM public.test_segment RETURNING id", "syntax"),
        ("WITH gone AS (DELETE FROM public.test_segment RETURNING id) SELECT id FROM gone", "data-modifying"),
        ("SELECT 1 AS user_id, set_config('role', 'none', true)", "must not call set_config"),
        ("SELECT secret AS id FROM segments.secrets", "permission denied"),
        ("SELECT 1 AS user_id, query_to_xml('SELECT * FROM segments.api_keys', true, true, '')", "permission denied"),
        ("SELECT name AS id FROM segments.users", "permission denied"),
        ("SELECT 1 AS user_id; SELECT 2", "multiple commands"),
        ("SELECT 1 AS user_id) AS given; DROP TABLE test_segment; --", "syntax"),
        ("SELECT 1 AS number", "no column guid, user_id, source_id or id"),
        ("SELECT user_id FROM nothing", "does not exist"),
        ("CREATE TABLE public.more (id int)", "no column guid"),
        ("SELECT nextval('segments.asked') AS user_id", "permission denied"),
    ] {
        let params = serde_json::json!({ "query": { "sql": sql } }).to_string().replace('\'', "''");
        automatic.fixture.run(&format!("UPDATE segmenter_segments SET refresh_params = '{params}'")).await?;
        let outcome = automatic.refresh("A").await?;
        assert_eq!(outcome.state, State::Failed, "{sql}: {outcome:?}");
        assert!(outcome.message.contains(expected), "{sql}: {}", outcome.message);
        assert_eq!(automatic.members("A").await?, ["1"], "{sql}");
    }
    let log = "SELECT DISTINCT action, error IS NOT NULL AS failed FROM segmenter_log WHERE coverage IS NULL";
    assert_eq!(automatic.fixture.rows(log).await?, ["refresh|true"]);
    automatic.fixture.audit().await
}

#[tokio::test]
async fn with_a_login_that_has_too_many_rights_the_service_does_not_start() -> anyhow::Result<()> {
    let automatic = Automatic::new(1).await?;
    let owner = automatic.fixture.rows("SELECT current_user").await?.remove(0);
    let database = automatic.fixture.rows("SELECT current_database()").await?.remove(0);
    for (number, (rights, expected)) in [
        ("ALTER ROLE $login SUPERUSER", "is a superuser"),
        (format!("GRANT \"{owner}\" TO $login").as_str(), "can become the role of the service"),
        ("GRANT SELECT ON segments.secrets TO $login", "can read segments.secrets"),
        ("GRANT SELECT (hash) ON segments.api_keys TO $login", "can read segments.api_keys"),
        ("GRANT SELECT ON segments.subscriptions TO $login", "can read segments.subscriptions"),
        ("GRANT pg_read_all_data TO $login", "can read segments."),
        ("GRANT INSERT ON segments.memberships TO $login", "can write segments.memberships"),
        // A SELECT can become any role that the login may become, whether it inherits the rights or not.
        (
            format!("CREATE ROLE \"{database}_1\" SUPERUSER; GRANT \"{database}_1\" TO $login").as_str(),
            "_1, which is a superuser or may create roles",
        ),
        (
            format!(
                "ALTER ROLE $login NOINHERIT; CREATE ROLE \"{database}_2\"; GRANT \"{database}_2\" TO $login;
                GRANT SELECT ON segments.secrets TO \"{database}_2\""
            )
            .as_str(),
            "_2, which can read segments.secrets",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let padded = format!("{rights}{}", " ".repeat(100 * number));
        let url = login(&automatic.fixture, &padded).await?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
        command.env_clear().env("DATABASE_URL", &automatic.fixture.url).env("HTTP_ADDR", "127.0.0.1:0");
        let output = command.env("REFRESH_DATABASE_URL", url).output()?;
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{rights}: {log}");
        assert!(log.contains(expected), "{rights}: {log}");
        assert!(!log.contains("refresh:refresh"), "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_is_answered_while_the_query_of_its_segment_runs() -> anyhow::Result<()> {
    let automatic = Automatic::new(3).await?;
    automatic.query("A", "SELECT user_id FROM segments.users, pg_sleep(3) WHERE user_id = 1").await?;
    let service = Service::start(&automatic.fixture.url, &[]).await?;
    let running = automatic.refresh("A");
    let asking = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let begin = Instant::now();
        let body = r#"{"id":2,"segments":[{"name":"A"}]}"#;
        let answer = service.post("/api/v1/users/addUserToSegments", body)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        anyhow::Ok(())
    };
    let (outcome, asked) = tokio::join!(running, asking);
    asked?;
    assert_eq!(outcome?.state, State::Success);
    assert_eq!(automatic.members("A").await?, ["1", "2"]);
    automatic.fixture.audit().await
}
