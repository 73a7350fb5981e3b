//! Targets of the running service: webhooks that a public library verifies, a topic that is missing, a kill during a file.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use super::s3_server::S3Server;
use crate::{access::key, fixture::Fixture, service::Service};

/// The number of members that need more than two parts of an upload.
const LARGE: u32 = 170_000;

/// Timeout of any condition.
const SOON: Duration = Duration::from_secs(240);

/// A segment `A` with members, and the header with a key of an admin.
pub(super) async fn segment(members: u32) -> anyhow::Result<(Fixture, String)> {
    let fixture = Fixture::new().await?;
    let users = "INSERT INTO segments.users (source_id) SELECT 's' || n FROM generate_series(1";
    fixture.run(&format!("{users}, {members}) AS n; INSERT INTO segments.segments (name) VALUES ('A')")).await?;
    let admin = format!("Authorization: Bearer {}\r\n", key(&fixture, "anna", "admin"));
    Ok((fixture, admin))
}

/// A request of an admin that succeeds. Returns its JSON.
fn ask(service: &Service, admin: &str, method: &str, path: &str, body: &Value) -> Value {
    let answer = service.ask_with(admin.trim_end(), method, &format!("/api/v2{path}"), &body.to_string()).unwrap();
    assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap_or_default()
}

/// A subscription of segment `A`. Returns its number and secret.
pub(super) fn subscribe(
    service: &Service,
    admin: &str,
    target: &str,
    mode: &str,
    params: &Value,
) -> (i64, Option<String>) {
    let consumer = ask(service, admin, "POST", "/consumers", &json!({"name": target}));
    let wanted =
        json!({"consumer_id": consumer["id"], "segment": "A", "target": target, "mode": mode, "params": params});
    let created = ask(service, admin, "POST", "/subscriptions", &wanted);
    (created["subscription"]["id"].as_i64().unwrap(), created["secret"].as_str().map(str::to_owned))
}

/// Adds users to segment `A`, by their ids in the source.
pub(super) fn add(service: &Service, admin: &str, users: impl Iterator<Item = u32>) {
    let add: Vec<Value> = users.map(|user| json!({"user": format!("source:s{user}")})).collect();
    ask(service, admin, "POST", "/segments/A/members/batch", &json!({"add": add}));
}

/// Waits until a query has this row.
pub(super) async fn until(fixture: &Fixture, query: &str, expected: &str) -> anyhow::Result<()> {
    let (begin, mut last) = (Instant::now(), Vec::new());
    while last.first().is_none_or(|row| row != expected) {
        anyhow::ensure!(begin.elapsed() < SOON, "{query}: {last:?}, not {expected}");
        sleep(Duration::from_millis(100)).await;
        last = fixture.rows(query).await?;
    }
    Ok(())
}

/// The receiver of `tests/python/receiver.py`. It is killed when the test ends.
struct Receiver {
    child: Child,
    output: BufReader<ChildStdout>,
    input: ChildStdin,
    url: String,
}

impl Receiver {
    fn start() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("../../../target/venvs/segments/bin/python");
        anyhow::ensure!(python.exists(), "{} is missing: run `make segments-venv`", python.display());
        let mut command = Command::new(python);
        command.arg(root.join("tests/python/receiver.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let (mut output, input) = (BufReader::new(child.stdout.take().unwrap()), child.stdin.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port)?;
        Ok(Self { child, output, input, url: format!("http://127.0.0.1:{}/hook", port.trim()) })
    }

    /// Takes the secret, and answers from now on.
    fn trust(&mut self, secret: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.input, "{secret}")?)
    }

    /// The next request.
    fn next(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_public_library_verifies_webhooks_during_a_rotation_too() -> anyhow::Result<()> {
    let (fixture, admin) = segment(3).await?;
    let service = Service::start(&fixture.url, &[("WEBHOOK_PRIVATE", "allow")]).await?;
    let mut receiver = Receiver::start()?;
    let (id, secret) = subscribe(&service, &admin, "webhook", "mirror", &json!({"url": receiver.url}));
    receiver.trust(&secret.unwrap())?;
    add(&service, &admin, 1..=2);
    let mut users = Vec::new();
    while users.len() < 2 {
        let request = receiver.next()?;
        assert_eq!(request["status"], 204, "{request}");
        assert_eq!(request["message"]["type"], "segment.members.changed");
        users.extend(request["message"]["data"]["changes"].as_array().unwrap().clone());
    }
    assert!(users.iter().all(|change| change["op"] == "added" && change["segment"] == "A"), "{users:?}");
    // The receiver still has the old secret, and both sign.
    let rotated = ask(&service, &admin, "POST", &format!("/subscriptions/{id}/secret"), &json!({}));
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"), "{rotated}");
    add(&service, &admin, 3..=3);
    assert_eq!(receiver.next()?["status"], 204);
    Ok(())
}

#[tokio::test]
async fn a_missing_topic_fails_the_subscription_and_not_the_service() -> anyhow::Result<()> {
    let (fixture, admin) = segment(2).await?;
    let stack = devstack::shared().await?;
    let (topic, dead_letters) = (stack.fresh_name("crm").await?, stack.fresh_name("segments-dead").await?);
    let source = stack.fresh_name("UserAction").await?;
    let topics = [devstack::Topic::data(&source, 1), devstack::Topic::dead_letters(&dead_letters, 1)];
    stack.create_topics(&topics).await?;
    let (servers, group) = (stack.bootstrap_servers(), stack.fresh_name("group").await?);
    let settings = [
        ("KAFKA_BOOTSTRAP_SERVERS", servers.as_str()),
        ("KAFKA_USER_TOPIC", &source),
        ("KAFKA_DEAD_LETTER_TOPIC", &dead_letters),
        ("KAFKA_GROUP_ID", &group),
        ("USER_SERVICE_URL", "http://127.0.0.1:1"),
    ];
    let service = Service::start(&fixture.url, &settings).await?;
    subscribe(&service, &admin, "kafka", "mirror", &json!({"topic": topic}));
    add(&service, &admin, 1..=2);
    let error = "SELECT error FROM public.segmenter_log WHERE error LIKE '%topic%' ORDER BY id LIMIT 1";
    until(&fixture, error, &format!("topic {topic} does not exist")).await?;
    until(&fixture, "SELECT status FROM segments.subscriptions", "failing").await?;
    assert_eq!(service.get("/ready")?.status, 200);
    stack.create_topics(&[devstack::Topic::data(&topic, 1)]).await?;
    until(&fixture, "SELECT status FROM segments.subscriptions", "uploaded").await?;
    until(&fixture, "SELECT count(*) FROM segments.deliveries WHERE membership_id IS NOT NULL", "2").await
}

#[tokio::test]
async fn a_large_audience_needs_no_memory_for_its_members() -> anyhow::Result<()> {
    let (fixture, admin) = segment(LARGE).await?;
    fixture
        .run(
            "INSERT INTO segments.operations (kind, actor) VALUES ('test', 'test');
             INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
             SELECT 1, user_id, timestamp '2026-01-01', (SELECT max(operation_id) FROM segments.operations) FROM segments.users;
             ANALYZE",
        )
        .await?;
    let (store, root) = (S3Server::start().await?, tempfile::tempdir()?);
    let path = root.path().display().to_string();
    let settings = [
        ("FILES_ROOT", path.as_str()),
        ("S3_ENDPOINT", &store.endpoint),
        ("S3_ACCESS_KEY", "key"),
        ("S3_SECRET_KEY", "sesame"),
    ];
    let service = Service::start(&fixture.url, &settings).await?;
    subscribe(&service, &admin, "csv", "full", &json!({"path": "s3://audiences"}));
    until(&fixture, "SELECT status FROM segments.subscriptions", "uploaded").await?;
    let peak = service.peak_memory_kib();
    println!("{LARGE} members: at most {peak} KiB");
    assert!(peak < 64 << 10, "{peak} KiB");
    assert!(store.length("A.csv").await? > 2 * s3::PART_BYTES);
    assert!(!service.log().contains("sesame"));
    Ok(())
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn a_kill_during_a_full_file_leaves_the_old_one() -> anyhow::Result<()> {
    let (fixture, admin) = segment(3000).await?;
    let root = tempfile::tempdir()?;
    let path = root.path().display().to_string();
    let service = Service::start(&fixture.url, &[("FILES_ROOT", &path)]).await?;
    add(&service, &admin, 1..=1);
    subscribe(&service, &admin, "csv", "full", &json!({"path": "file:"}));
    until(&fixture, "SELECT count(*) FROM segments.deliveries WHERE membership_id IS NOT NULL", "1").await?;
    let old = std::fs::read_to_string(root.path().join("A.csv"))?;
    drop(service);

    let killed = [("FILES_ROOT", path.as_str()), ("FAILPOINTS", "file written=1*off->return")];
    let mut service = Service::start(&fixture.url, &killed).await?;
    add(&service, &admin, 2..=3000);
    service.until_ended().await?;
    assert_eq!(std::fs::read_to_string(root.path().join("A.csv"))?, old);
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.deliveries").await?, ["1"], "nothing is recorded");

    let _service = Service::start(&fixture.url, &[("FILES_ROOT", &path)]).await?;
    until(&fixture, "SELECT count(*) FROM segments.deliveries WHERE membership_id IS NOT NULL", "3000").await?;
    assert_eq!(std::fs::read_to_string(root.path().join("A.csv"))?.lines().count(), 3001);
    assert_eq!(std::fs::read_dir(root.path())?.count(), 1, "no half of a file");
    Ok(())
}
