//! The scripts for automatic segments: the login that runs the SQL of people, and the rights for tags.

use anyhow::{Context, Result, ensure};
use harness::{Environment, Process, command};

use super::{BINARY, Fixture, script};

const REFRESH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/roles/create_segments_refresh_role.sql");
const TAGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/roles/grant_segments_tags.sql");

const LOGIN: &str = "tagmill_segments_refresh";

impl Fixture {
    /// With the login of the script, which is run twice.
    async fn with_login() -> Result<Self> {
        let fixture = Self::start().await?;
        let owner = fixture.connect("tagmill_owner").await?;
        owner.batch_execute("CREATE SCHEMA shop; CREATE TABLE shop.orders AS SELECT 1 AS user_id").await?;
        for _ in 0..2 {
            script(&fixture.admin, REFRESH, &["password=it's the password of refreshes", "schema=shop"]).await?;
        }
        Ok(fixture)
    }

    /// The service as its role, with the login.
    fn with_refresh(&self) -> Environment {
        let mut environment = self.environment("tagmill_segments");
        environment.insert("REFRESH_DATABASE_URL".to_owned(), self.url(LOGIN));
        environment
    }
}

/// Every statement is refused for lack of a right.
async fn refuses(client: &tokio_postgres::Client, statements: &[&str]) -> Result<()> {
    for statement in statements {
        let error = client.batch_execute(statement).await.err().with_context(|| format!("it may: {statement}"))?;
        ensure!(error.code().is_some_and(|code| code.code() == "42501"), "{statement}: {error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_service_runs_queries_with_the_login_of_the_script() -> Result<()> {
    let fixture = Fixture::with_login().await?;
    let environment = fixture.with_refresh();
    let output = command(BINARY, &environment)?.arg("check").output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains("ok     refresh login: has few rights"), "{said}");
    let folder = tempfile::tempdir()?;
    let service = Process::spawn(BINARY, &environment, folder.path().join("segments.log"))?;
    service.ready().await?;
    service.stop().await?;
    let owner = fixture.connect("tagmill_owner").await?;
    owner
        .batch_execute(
            r#"INSERT INTO segments.users (user_id) OVERRIDING SYSTEM VALUE VALUES (1);
            INSERT INTO segmenter_segments (name, refresh_auto, refresh_params) VALUES ('A', true,
                '{"query": {"sql": "SELECT orders.user_id FROM shop.orders JOIN segments.users ON users.user_id = orders.user_id"}}')"#,
        )
        .await?;
    let output = command(BINARY, &environment)?.args(["refresh", "A"]).output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains("success\t1 joined"), "{said} {output:?}");
    Ok(())
}

#[tokio::test]
async fn the_login_of_the_script_reads_no_secret_and_writes_nothing() -> Result<()> {
    let fixture = Fixture::with_login().await?;
    let client = fixture.connect(LOGIN).await?;
    client
        .batch_execute(
            "SELECT user_id, guid, source_id, sex, age, status FROM segments.users;
            SELECT segment_id, id, name, actual_begin, actual_end FROM segments.segments;
            SELECT * FROM segments.memberships; SELECT * FROM shop.orders",
        )
        .await?;
    refuses(
        &client,
        &[
            "SELECT * FROM segments.secrets",
            "SELECT * FROM segments.api_keys",
            "SELECT * FROM segments.subscriptions",
            "SELECT * FROM segments.idempotency",
            "SELECT * FROM segments.operations",
            "SELECT * FROM segments.log",
            "SELECT name, lastname FROM segments.users",
            "SELECT refresh_params FROM segments.segments",
            "SELECT * FROM segmenter_subscriptions",
            "INSERT INTO segments.users (sex) VALUES (1)",
            "UPDATE segments.memberships SET end_at = now()",
            "DELETE FROM segments.memberships",
            "INSERT INTO segmenter_segments (name) VALUES ('A')",
            "UPDATE shop.orders SET user_id = 2",
            "CREATE TABLE shop.mine ()",
            "SET ROLE tagmill_segments",
        ],
    )
    .await
}

#[tokio::test]
async fn with_more_rights_than_the_script_grants_the_service_exits_with_64_and_names_the_right() -> Result<()> {
    let fixture = Fixture::with_login().await?;
    let admin = fixture.connect("tagmill").await?;
    for (grant, revoke, expected) in [
        ("GRANT SELECT ON segments.secrets TO", "REVOKE SELECT ON segments.secrets FROM", "can read segments.secrets"),
        (
            "GRANT SELECT ON segments.api_keys TO",
            "REVOKE SELECT ON segments.api_keys FROM",
            "can read segments.api_keys",
        ),
        (
            "GRANT SELECT (params) ON segments.subscriptions TO",
            "REVOKE SELECT (params) ON segments.subscriptions FROM",
            "can read segments.subscriptions",
        ),
        (
            "GRANT SELECT ON segments.idempotency TO",
            "REVOKE SELECT ON segments.idempotency FROM",
            "can read segments.idempotency",
        ),
        ("GRANT tagmill_segments TO", "REVOKE tagmill_segments FROM", "can become the role of the service"),
        ("GRANT DELETE ON segments.users TO", "REVOKE DELETE ON segments.users FROM", "can write segments.users"),
    ] {
        admin.batch_execute(&format!("{grant} {LOGIN}")).await?;
        let output = command(BINARY, &fixture.with_refresh())?.output().await?;
        let log = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(64), "{grant}: {} {log}", output.status);
        ensure!(log.contains("REFRESH_DATABASE_URL: the login has too many rights: it "), "{grant}: {log}");
        ensure!(log.contains(expected), "{grant}: {log}");
        admin.batch_execute(&format!("{revoke} {LOGIN}")).await?;
    }
    let output = command(BINARY, &fixture.with_refresh())?.arg("refresh").output().await?;
    ensure!(output.status.success(), "the rights are those of the script again: {output:?}");
    Ok(())
}

#[tokio::test]
async fn the_script_for_tags_grants_what_tag_segments_need_and_no_more() -> Result<()> {
    let fixture = Fixture::start().await?;
    let mut environment: Environment =
        [("DATABASE_URL", fixture.url("tagmill_owner"))].map(|(name, value)| (name.to_owned(), value)).into();
    for (name, value) in [("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9"), ("REDIS_URL", "redis://127.0.0.1:9")] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    harness::migrate("cdm-service", &environment).await?;
    let owner = fixture.connect("tagmill_owner").await?;
    owner
        .batch_execute(
            "INSERT INTO cdm.users (user_id, source_id) VALUES (md5('u1')::uuid, 'u1');
            INSERT INTO cdm.user_tags (user_id, rule_id, tag, assigned_at) SELECT user_id, 1, 'Pizza', now() FROM cdm.users;
            INSERT INTO cdm.user_tag_events
                (user_id, rule_id, change_no, source_id, tag, action, subject, subject_name, order_cnt, threshold, at)
            SELECT user_id, 1, 1, source_id, 'Pizza', 'assigned', 'category', 'Pizza', 10, 10, now() FROM cdm.users",
        )
        .await?;
    let mut environment = fixture.environment("tagmill_segments");
    environment.insert("TAG_SEGMENTS".to_owned(), "on".to_owned());
    let output = command(BINARY, &environment)?.arg("refresh").output().await?;
    ensure!(!output.status.success(), "without the rights tags cannot be read: {output:?}");
    for _ in 0..2 {
        script(&fixture.admin, TAGS, &["role=tagmill_segments"]).await?;
    }
    let folder = tempfile::tempdir()?;
    let service = Process::spawn(BINARY, &environment, folder.path().join("segments.log"))?;
    service.ready().await?;
    let member = async || {
        let rows = owner.query("SELECT FROM segments.memberships WHERE closed_by IS NULL", &[]).await?;
        Ok(rows.len() == 1)
    };
    harness::until("the user with the tag is a member", super::WAIT_TIMEOUT, member).await?;
    service.stop().await?;
    let log = service.log()?;
    ensure!(!log.contains("permission denied") && !log.contains("42501"), "{log}");
    let client = fixture.connect("tagmill_segments").await?;
    refuses(
        &client,
        &[
            "SELECT * FROM cdm.tag_rules",
            "INSERT INTO cdm.users (user_id, source_id) VALUES (md5('u2')::uuid, 'u2')",
            "UPDATE cdm.user_tags SET tag = 'x'",
            "DELETE FROM cdm.user_tags",
            "TRUNCATE cdm.user_tag_events",
            "CREATE TABLE cdm.mine ()",
        ],
    )
    .await
}
