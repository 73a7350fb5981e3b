//! The role of segments-service, which owns no table: everything the service does, and what the role may not do.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Environment, Process, command, until};
use tokio::process::Command;

mod scripts;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/roles/create_segments_role.sql");

const BINARY: &str = "segments-service";

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// A server with the owner of a database, the role of the service, and the schema.
struct Fixture {
    stack: Stack,
    /// The URL of the database for the superuser.
    admin: String,
    database: String,
}

impl Fixture {
    async fn start() -> Result<Self> {
        let stack = Stack::start(Options::for_tests()).await?;
        let database = stack.endpoints().fresh_name("segments_role").await?;
        let admin = stack.endpoints().create_database(&database).await?;
        for _ in 0..2 {
            super::script(&admin, "tagmill_owner").await?;
            script(&admin, SCRIPT, &["password=it's the password of segments"]).await?;
        }
        let fixture = Self { stack, admin, database };
        fixture.succeeds("tagmill_owner", &["migrate"]).await?;
        Ok(fixture)
    }

    fn url(&self, role: &str) -> String {
        self.stack.endpoints().database_url_as(role, &self.database)
    }

    fn environment(&self, role: &str) -> Environment {
        [("DATABASE_URL", self.url(role)), ("AUTH", "on".to_owned()), ("DEV_METHODS", "true".to_owned())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// Runs a command as a role, and returns its output.
    async fn succeeds(&self, role: &str, arguments: &[&str]) -> Result<String> {
        let output = command(BINARY, &self.environment(role))?.args(arguments).output().await?;
        let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{arguments:?}: {}\n{said}{complaints}", output.status);
        Ok(said.into_owned())
    }

    async fn connect(&self, role: &str) -> Result<tokio_postgres::Client> {
        let (client, connection) = tokio_postgres::connect(&self.url(role), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Runs a script with variables as the superuser of the server.
async fn script(url: &str, file: &str, variables: &[&str]) -> Result<()> {
    let variables = variables.iter().flat_map(|variable| ["-v", variable]);
    let output = Command::new("psql").args(["-X", "-q"]).args(variables).args(["-f", file, url]).output().await;
    let output = output.context("psql")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Requests of all APIs that change and read something: method, path, body, status.
const REQUESTS: [(&str, &str, &str, u16); 25] = [
    ("POST", "/api/v1/users", r#"{"name":"A","lastname":"B","age":27,"sex":0}"#, 201),
    ("POST", "/api/v1/segments", r#"{"name":"A","percentage":100}"#, 201),
    ("POST", "/api/v1/segments", r#"{"name":"B"}"#, 201),
    (
        "POST",
        "/api/v1/users/addUserToSegments",
        r#"{"id":1,"segments":[{"name":"B","end_date":"10:00:00 25.09.2020"}]}"#,
        200,
    ),
    ("POST", "/api/v1/users/deleteUserFromSegments", r#"{"id":1,"segments":[{"name":"A"}]}"#, 200),
    ("GET", "/api/v1/users/1/withSegments", "", 200),
    ("GET", "/api/v1/users/withSegments", "", 200),
    ("GET", "/api/v1/segments", "", 200),
    ("DELETE", "/api/v1/segments/A", "", 200),
    ("POST", "/api/v1/segments", r#"{"name":"A"}"#, 201),
    ("POST", "/segments/create-user", r#"{"userID":"45643d9d-c98d-5888-9743-20b85ecf0752"}"#, 204),
    (
        "POST",
        "/segments/change-for-user",
        r#"{"userID":"45643d9d-c98d-5888-9743-20b85ecf0752","segmentsToAdd":[{"segmentSlug":"A","secondsToBeInSegment":1}],"segmentsToRemove":[]}"#,
        204,
    ),
    ("GET", "/segments/get-for-user?userID=45643d9d-c98d-5888-9743-20b85ecf0752", "", 200),
    (
        "GET",
        "/segments/get-history-report-link?userID=45643d9d-c98d-5888-9743-20b85ecf0752&month=11&year=2026",
        "",
        200,
    ),
    ("GET", "/api/v1/reports", "", 200),
    ("POST", "/api/v2/segments", r#"{"name":"C"}"#, 201),
    ("POST", "/api/v2/segments/C/assign", r#"{"percent":50,"mode":"live"}"#, 200),
    ("POST", "/api/v2/segments/C/refresh", "", 202),
    ("POST", "/api/v2/segments/B/members/batch", r#"{"add":[{"user":"1"}]}"#, 200),
    ("PUT", "/api/v2/sources/orders", r#"{"loaded_at_query":"SELECT now()","warn_after":60}"#, 200),
    ("GET", "/api/v2/sources", "", 200),
    ("DELETE", "/api/v2/sources/orders", "", 204),
    ("GET", "/api/v2/users/1/segments/C/why", "", 200),
    ("GET", "/api/v2/log", "", 200),
    ("GET", "/api/v2/operations", "", 200),
];

#[tokio::test]
async fn it_is_enough_for_everything_the_service_does() -> Result<()> {
    let fixture = Fixture::start().await?;
    let said = fixture.succeeds("tagmill_segments", &["check"]).await?;
    ensure!(said.contains("ok     database rights\n"), "{said}");
    let key = fixture.succeeds("tagmill_segments", &["keys", "create", "test", "--role", "admin"]).await?;
    let folder = tempfile::tempdir()?;
    let service = start(&fixture, folder.path()).await?;
    for (method, path, body, expected) in REQUESTS {
        let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        // An empty line ends the head, and the body follows.
        let rest = format!("Authorization: Bearer {}\r\n{head}\r\n{body}", key.trim());
        let (status, answer) = service.ask(method, path, &rest).await?;
        ensure!(status == expected, "{method} {path}: {status} {answer}");
    }
    let expired = async || Ok(service.metric("tagmill_segments_expired_total").await? >= 1.0);
    until("the sweeper has closed the membership", WAIT_TIMEOUT, expired).await?;
    ensure!(service.metric("tagmill_segments_last_sweep_timestamp_seconds").await? > 0.0, "no sweep");
    fixture.succeeds("tagmill_segments", &["keys", "list"]).await?;
    fixture.succeeds("tagmill_segments", &["keys", "revoke", "test"]).await?;
    service.stop().await?;
    let log = service.log()?;
    ensure!(!log.contains("permission denied") && !log.contains("42501"), "{log}");
    Ok(())
}

async fn start(fixture: &Fixture, folder: &Path) -> Result<Process> {
    let service = Process::spawn(BINARY, &fixture.environment("tagmill_segments"), folder.join("segments.log"))?;
    service.ready().await?;
    Ok(service)
}

/// With users from Kafka the service also runs in a database without the tables of the order warehouse.
#[tokio::test]
async fn check_accepts_a_database_of_its_own_with_users_from_kafka() -> Result<()> {
    let fixture = Fixture::start().await?;
    let mut environment = fixture.environment("tagmill_segments");
    for (name, value) in [
        ("KAFKA_BOOTSTRAP_SERVERS", fixture.stack.endpoints().bootstrap_servers()),
        ("KAFKA_CREATE_TOPICS", "true".to_owned()),
        ("USER_SERVICE_URL", "http://127.0.0.1:9".to_owned()),
    ] {
        environment.insert(name.to_owned(), value);
    }
    let folder = tempfile::tempdir()?;
    let service = Process::spawn(BINARY, &environment, folder.path().join("segments.log"))?;
    service.ready().await?;
    let output = command(BINARY, &environment)?.arg("check").output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains("ok     database transaction: not tried"), "{said}");
    let (_, metrics) = service.get("/metrics").await?;
    let waiting = r#"tagmill_dependency_waiting{service="segments-service",dependency="user-service",loop="users"} 0"#;
    ensure!(metrics.contains(waiting), "{metrics}");
    service.stop().await
}

/// The history cannot be changed, and statements that only an owner may run are refused.
#[tokio::test]
async fn it_may_do_no_more() -> Result<()> {
    let fixture = Fixture::start().await?;
    let client = fixture.connect("tagmill_segments").await?;
    for statement in [
        "UPDATE segments.operations SET actor = 'x'",
        "DELETE FROM segments.operations",
        "DELETE FROM segments.memberships",
        "TRUNCATE segments.memberships",
        "ALTER TABLE segments.memberships DISABLE TRIGGER ALL",
        "DELETE FROM segments.users",
        "DELETE FROM segments.api_keys",
        "UPDATE segments.secrets SET secret = ''",
        "UPDATE segments.migrations SET version = 1",
        "DROP TABLE segments.users",
        "CREATE TABLE segments.mine ()",
        "CREATE TABLE public.mine ()",
        "CREATE SCHEMA mine",
    ] {
        let error = client.batch_execute(statement).await.err().with_context(|| format!("it may: {statement}"))?;
        ensure!(error.code().is_some_and(|code| code.code() == "42501"), "{statement}: {error:?}");
    }
    Ok(())
}

/// A right is revoked; `check` names it, and the owner's next migration gives it back.
#[tokio::test]
async fn a_right_that_is_missing_is_named() -> Result<()> {
    let fixture = Fixture::start().await?;
    let owner = fixture.connect("tagmill_owner").await?;
    owner.batch_execute("REVOKE UPDATE ON segments.users FROM tagmill_segments").await?;
    let output = command(BINARY, &fixture.environment("tagmill_segments"))?.arg("check").output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = "lacks UPDATE on table segments.users; log in as tagmill_segments ";
    ensure!(!output.status.success() && said.contains(expected), "{said}");
    fixture.succeeds("tagmill_owner", &["migrate"]).await?;
    fixture.succeeds("tagmill_segments", &["check"]).await?;
    Ok(())
}
