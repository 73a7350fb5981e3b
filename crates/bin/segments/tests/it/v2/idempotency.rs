//! Idempotency-Key: one effect, one answer, for a day.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{ANNA, Api};

const KEY: (&str, &str) = ("Idempotency-Key", "k-1");

/// The POSTs that change something, with a body for each.
const POSTS: [(&str, &str); 5] = [
    ("/segments", r#"{"name":"D"}"#),
    ("/segments/C/restore", ""),
    ("/segments/A/members/batch", r#"{"add":[{"user":"1"}]}"#),
    ("/users/2/segments", r#"{"add":[{"segment":"A"}]}"#),
    ("/segments/B/members/import", "1\n"),
];

fn send(api: &Api, key: (&str, &str), path: &str, body: &str) -> super::Answer {
    let kind = if path.ends_with("import") { "text/csv" } else { "application/json" };
    api.ask("POST", path, &[key, ("Content-Type", kind)], body)
}

#[tokio::test]
async fn every_post_that_changes_something_has_one_effect_for_a_key() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.ask("DELETE", "/segments/C", &[], "").ok();
    let count = "SELECT count(*) FROM segments.operations";
    for (index, (path, body)) in POSTS.iter().enumerate() {
        let name = format!("key {index}");
        let key = ("Idempotency-Key", name.as_str());
        let first = send(&api, key, path, body).ok();
        assert!(!first.headers.contains_key("idempotency-replayed"), "{path}");
        let operations = api.fixture.rows(count).await?;
        let second = send(&api, key, path, body);
        assert_eq!((second.status, &second.text), (first.status, &first.text), "{path}");
        assert_eq!(second.headers["idempotency-replayed"], "true", "{path}");
        assert_eq!(api.fixture.rows(count).await?, operations, "{path}");
        // Another body, another path.
        let other = send(&api, key, "/segments", r#"{"name":"E"}"#);
        assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"), "{path}");
    }
    api.fixture.audit().await
}

#[tokio::test]
async fn an_error_is_not_stored_and_the_key_can_be_used() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let path = format!("/users/{ANNA}/segments");
    assert_eq!(send(&api, KEY, &path, r#"{"add":[{"segment":"D"}]}"#).status, 404);
    assert_eq!(api.fixture.rows("SELECT count(*) FROM segments.idempotency").await?, ["0"]);
    send(&api, KEY, "/segments", r#"{"name":"D"}"#).ok();
    for wrong in ["", &"x".repeat(256), "ключ"] {
        let answer = send(&api, ("Idempotency-Key", wrong), "/segments", r#"{"name":"E"}"#);
        assert_eq!((answer.status, answer.code()), (422, "invalid_idempotency_key"), "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn requests_at_the_same_time_have_one_effect() -> anyhow::Result<()> {
    let api = Api::new().await?;
    for round in 0..5 {
        let name = format!("round {round}");
        let body = format!(r#"{{"name":"S{round}"}}"#);
        let answers = thread::scope(|scope| {
            let ask = || send(&api, ("Idempotency-Key", &name), "/segments", &body);
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let first = &answers[0];
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (201, &first.text));
        }
        let replayed = answers.iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count();
        assert_eq!(replayed, 5);
    }
    Ok(())
}

#[tokio::test]
async fn a_request_waits_two_seconds_for_the_one_that_runs() -> anyhow::Result<()> {
    let api = Api::new().await?;
    // The lock that the first one waits for, up to five seconds.
    api.fixture.run("BEGIN; SELECT pg_advisory_xact_lock(hashint8extended(1, 7224647963))").await?;
    let (path, body) = ("segments/A/members/batch", r#"{"add":[{"user":"1"}]}"#);
    let address = api.service.address();
    let headers = [KEY, ("Content-Type", "application/json")];
    let first = thread::spawn(move || super::ask(address, "POST", &format!("/{path}"), &headers, body.as_bytes()));
    let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while api.fixture.rows(waits).await? != ["1"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let begin = Instant::now();
    let second = send(&api, KEY, &format!("/{path}"), body);
    assert_eq!((second.status, second.code()), (409, "idempotency_key_in_use"));
    assert!(begin.elapsed() >= Duration::from_millis(1900), "{:?}", begin.elapsed());
    assert_eq!(first.join().unwrap()?.status, 503, "it got no lock in five seconds");
    api.fixture.run("ROLLBACK").await?;
    let answer = send(&api, KEY, &format!("/{path}"), body).ok();
    assert!(!answer.headers.contains_key("idempotency-replayed"));
    Ok(())
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_and_lasts_a_day() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let path = "/segments/A/members/batch";
    let body = r#"{"add":[{"user":"1"}]}"#;
    send(&api, KEY, path, body).ok();
    // Another caller.
    let key = crate::access::key(&api.fixture, "anna", "admin");
    let authorization = format!("Bearer {key}");
    let headers = [KEY, ("Authorization", authorization.as_str())];
    let other = api.ask("POST", path, &headers, body).ok();
    assert_eq!((other.headers.contains_key("idempotency-replayed"), &other.json["unchanged"]), (false, &1.into()));
    // After a day the key is new, whether the old answer has been deleted or not.
    api.fixture.run("UPDATE segments.idempotency SET created_at = created_at - interval '24 hours 1 second'").await?;
    let answer = send(&api, KEY, path, body).ok();
    assert_eq!((answer.headers.contains_key("idempotency-replayed"), &answer.json["unchanged"]), (false, &1.into()));
    let old =
        "SELECT count(*) FROM segments.idempotency WHERE created_at < (now() AT TIME ZONE 'UTC') - interval '24 hours'";
    let begin = Instant::now();
    while api.fixture.rows(old).await? != ["0"] {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(30), "the sweeper deletes no old answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
