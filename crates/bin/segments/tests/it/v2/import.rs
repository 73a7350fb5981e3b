//! Import: rows equal the file, in one operation, or nothing.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{ANNA, Api, BORIS};

const CSV: (&str, &str) = ("Content-Type", "text/csv");

/// Users, and the GUIDs of their file.
async fn users(api: &Api, count: u32) -> anyhow::Result<Vec<String>> {
    let insert = format!("INSERT INTO segments.users (guid) SELECT gen_random_uuid() FROM generate_series(1, {count})");
    api.fixture.run(&insert).await?;
    api.fixture.rows("SELECT guid FROM segments.users WHERE user_id > 2 ORDER BY random()").await
}

#[tokio::test]
async fn an_import_of_a_hundred_thousand_is_one_operation_whose_rows_equal_the_file() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let guids = users(&api, 100_000).await?;
    let answer = api.ask("POST", "/segments/A/members/import", &[CSV], format!("user\n{}", guids.join("\n"))).ok();
    assert_eq!((&answer.json["added"], &answer.json["bad"]), (&json!(100_000), &json!(0)));
    let mut expected = guids.clone();
    expected.sort_unstable();
    let rows = "SELECT guid::text FROM segments.memberships JOIN segments.users USING (user_id)
        WHERE segment_id = 1 AND closed_by IS NULL ORDER BY guid::text COLLATE \"C\"";
    assert_eq!(api.fixture.rows(rows).await?, expected);
    let operations = "SELECT kind, count(DISTINCT opened_by), detail FROM segments.operations JOIN segments.memberships ON opened_by = operation_id GROUP BY 1, 3";
    let detail = r#"{"added": 100000, "removed": 0, "until_changed": 0}"#;
    assert_eq!(api.fixture.rows(operations).await?, [format!("import|1|{detail}")]);
    // The rows were written in the order of users.
    let disorder = "SELECT count(*) FROM (SELECT user_id < lag(user_id) OVER (ORDER BY id) AS is_before FROM segments.memberships) AS pairs WHERE is_before";
    assert_eq!(api.fixture.rows(disorder).await?, ["0"]);
    api.fixture.audit().await
}

#[tokio::test]
async fn bad_lines_are_counted_and_named_and_the_others_applied() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.put("/users/00000000-0000-0000-0000-000000000009", "{}").ok();
    api.ask("DELETE", "/users/00000000-0000-0000-0000-000000000009", &[], "").ok();
    let mut file = format!(
        "user,until\n{ANNA},2099-01-01T00:00:00Z\nanna\n99\n3\n2,2001-01-01T00:00:00Z\n{ANNA},\n{BORIS},soon\n"
    );
    file.push_str(&"98\n".repeat(200));
    let answer = api.ask("POST", "/segments/A/members/import", &[CSV], &file).ok();
    assert_eq!((&answer.json["added"], &answer.json["bad"]), (&json!(1), &json!(206)));
    let errors = answer.json["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 100);
    let named: Vec<Value> = errors.iter().take(7).map(|error| json!([error["line"], error["code"]])).collect();
    let expected = json!([
        [2, "user_repeated"],
        [3, "invalid_user"],
        [4, "user_not_found"],
        [5, "user_removed"],
        [6, "until_in_the_past"],
        [8, "invalid_until"],
        [9, "user_not_found"],
    ]);
    assert_eq!(json!(named), expected);
    // The last line of a user counts.
    assert_eq!(api.get("/segments/A/members").ok().json["items"][0]["until"], Value::Null);
    for (path, status) in [("/segments/none/members/import", 404), ("/segments/A/members/import", 200)] {
        assert_eq!(api.ask("POST", path, &[CSV], "user\n1\n").status, status, "{path}");
    }
    assert_eq!(api.ask("POST", "/segments/A/members/import", &[CSV], "user,since\n1,2\n").code(), "invalid_header");
    assert_eq!(api.ask("POST", "/segments/A/members/import", &[], "{}").status, 415);
    assert_eq!(api.ask("POST", "/segments/A/members/import", &[CSV], "").ok().json["added"], 0);
    api.fixture.audit().await
}

#[tokio::test]
async fn an_import_that_is_killed_half_way_changes_nothing() -> anyhow::Result<()> {
    let mut api = Api::new().await?;
    let guids = users(&api, 5_000).await?;
    let file = format!("user\n{}\n", guids.join("\n"));
    // Half of the file has been sent; then the process is killed.
    let mut stream = TcpStream::connect(api.service.address())?;
    let head = format!(
        "POST /api/v2/segments/A/members/import HTTP/1.0\r\nContent-Type: text/csv\r\nIdempotency-Key: k\r\nContent-Length: {}\r\n\r\n",
        file.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&file.as_bytes()[..file.len() / 2])?;
    let claimed = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'";
    let begin = Instant::now();
    while api.fixture.rows(claimed).await? != ["1"] {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(30), "no COPY runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    api.service.kill();
    let none = "SELECT (SELECT count(*) FROM segments.memberships), (SELECT count(*) FROM segments.idempotency),
        (SELECT count(*) FROM segments.operations WHERE kind = 'import')";
    assert_eq!(api.fixture.rows(none).await?, ["0|0|0"]);
    // The same key again has the effect.
    api.service = crate::service::Service::start(&api.fixture.url, &[]).await?;
    let answer = api.ask("POST", "/segments/A/members/import", &[CSV, ("Idempotency-Key", "k")], &file).ok();
    assert_eq!(answer.json["added"], 5_000);
    api.fixture.audit().await
}

#[tokio::test]
async fn the_same_key_imports_once_also_at_the_same_time() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let guids = users(&api, 3_000).await?;
    let file = format!("user\n{}\n", guids.join("\n"));
    let import = |body: &str| api.ask("POST", "/segments/A/members/import", &[CSV, ("Idempotency-Key", "k")], body);
    let answers = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| import(&file))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let first = answers.iter().find(|answer| !answer.headers.contains_key("idempotency-replayed")).unwrap();
    for answer in answers.iter().filter(|answer| answer.status != 409) {
        assert_eq!((answer.status, &answer.json), (200, &first.json));
    }
    let again = import(&file);
    assert_eq!((again.status, &again.json), (200, &first.json));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = import("user\n1\n");
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    let operations = "SELECT count(*) FROM segments.operations WHERE kind = 'import'";
    assert_eq!(api.fixture.rows(operations).await?, ["1"]);
    Ok(())
}

#[tokio::test]
async fn requests_for_the_segment_are_answered_while_a_file_arrives() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let mut stream = TcpStream::connect(api.service.address())?;
    let head = "POST /api/v2/segments/A/members/import HTTP/1.0\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\nuser\n1\n";
    stream.write_all(head.as_bytes())?;
    // With a lock in its way it would be 503.
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"2"}]}"#).ok();
    assert_eq!(api.members("/segments/A/members"), [BORIS]);
    Ok(())
}

#[tokio::test]
async fn a_file_may_take_longer_to_arrive_than_other_responses_take_to_begin() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let mut stream = TcpStream::connect(api.service.address())?;
    let head =
        "POST /api/v2/segments/A/members/import HTTP/1.0\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\nuser\n";
    stream.write_all(head.as_bytes())?;
    for part in ["1\n", "2\n"] {
        tokio::time::sleep(Duration::from_secs(17)).await;
        stream.write_all(part.as_bytes())?;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    assert_eq!(api.members("/segments/A/members"), [ANNA, BORIS]);
    Ok(())
}
