//! PostgreSQL is away, a lock is not free, the process is killed.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    fixture::Fixture,
    service::{Service, send},
};

const CALLS: [(&str, &str); 3] = [
    ("/api/v1/users/1", "ErrInternalServerError"),
    ("/api/v1/reports", "ErrInternalServerError"),
    ("/segments/get-for-user?userID=00000000-0000-0000-0000-000000000001", "database_error"),
];

#[tokio::test]
async fn without_postgresql_every_call_is_503() -> anyhow::Result<()> {
    let service = Service::launch("postgres://tagmill@127.0.0.1:1/none", &[])?;
    let begin = Instant::now();
    while service.get("/health").is_err() {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(60), "the service does not listen");
        sleep(Duration::from_millis(50)).await;
    }
    for (path, kind) in CALLS {
        let begin = Instant::now();
        let answer = service.get(path)?;
        assert!(answer.status == 503 && answer.body.contains(kind), "{path}: {answer:?}");
        assert!(answer.retry_after.is_some(), "{path}: {answer:?}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{path}");
    }
    assert_eq!(service.get("/ready")?.status, 503);
    Ok(())
}

#[tokio::test]
async fn a_lock_that_is_not_free_in_five_seconds_is_503() -> anyhow::Result<()> {
    let fixture = Fixture::imported().await?;
    let service = Service::start(&fixture.url, &[]).await?;
    fixture.run("BEGIN; SELECT pg_advisory_xact_lock(hashint8extended(1, 7224647963))").await?;
    let begin = Instant::now();
    let answer =
        service.post("/api/v1/users/addUserToSegments", r#"{"id":3,"segments":[{"name":"AVITO_VOICE_MESSAGES"}]}"#)?;
    assert!(answer.status == 503 && answer.retry_after.is_some(), "{answer:?}");
    assert!(begin.elapsed() >= Duration::from_secs(4), "{:?}", begin.elapsed());
    fixture.run("ROLLBACK").await?;
    let members = "SELECT count(*) FROM segments.memberships WHERE user_id = 3";
    assert_eq!(fixture.rows(members).await?, ["0"], "nothing was changed");
    Ok(())
}

#[tokio::test]
async fn a_request_without_a_connection_in_two_seconds_is_503() -> anyhow::Result<()> {
    let fixture = Fixture::imported().await?;
    let service = Service::start(&fixture.url, &[("DATABASE_POOL_SIZE", "1")]).await?;
    fixture.run("BEGIN; SELECT pg_advisory_xact_lock(hashint8extended(1, 7224647963))").await?;
    // It has the only connection, and waits for the lock.
    let address = service.address();
    let waiting = tokio::task::spawn_blocking(move || {
        let body = br#"{"id":3,"segments":[{"name":"AVITO_VOICE_MESSAGES"}]}"#;
        send(address, "POST", "/api/v1/users/addUserToSegments", "Content-Type: application/json\r\n", body)
    });
    let locks = "SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while fixture.rows(locks).await?.is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    let answer = service.get("/api/v1/users/1")?;
    assert!(answer.status == 503 && answer.retry_after.is_some(), "{answer:?}");
    assert_eq!(waiting.await??.status, 503);
    fixture.run("ROLLBACK").await
}

#[tokio::test]
async fn a_response_that_does_not_begin_in_thirty_seconds_is_503() -> anyhow::Result<()> {
    let fixture = Fixture::imported().await?;
    let service = Service::start(&fixture.url, &[]).await?;
    let slow = "ALTER TABLE segments.users RENAME TO slow;
        CREATE VIEW segments.users AS SELECT slow.* FROM segments.slow, (SELECT pg_sleep(300) OFFSET 0) AS sleep";
    fixture.run(slow).await?;
    let answer = service.get("/api/v1/users")?;
    assert!(answer.status == 503 && answer.retry_after.is_some(), "{answer:?}");
    Ok(())
}

/// Adds and removes users until it is told to stop. Errors are those of a process that is killed.
fn write(address: std::net::SocketAddr, user: usize, stop: &AtomicBool) {
    let paths = ["addUserToSegments", "deleteUserFromSegments"];
    for path in paths.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let body = format!(r#"{{"id":{user},"segments":[{{"name":"AVITO_8"}},{{"name":"AVITO_9"}}]}}"#);
        let path = format!("/api/v1/users/{path}");
        let _ = send(address, "POST", &path, "Content-Type: application/json\r\n", body.as_bytes());
    }
}

#[tokio::test]
async fn a_change_and_its_operation_are_committed_together_or_not_at_all() -> anyhow::Result<()> {
    let fixture = Fixture::imported().await?;
    for round in 0..4 {
        let mut service = Service::start(&fixture.url, &[]).await?;
        let (address, stop) = (service.address(), AtomicBool::new(false));
        thread::scope(|scope| {
            let stop = &stop;
            for user in 1..=6 {
                scope.spawn(move || write(address, user, stop));
            }
            // Long enough for some changes, and not the same in every round.
            let begin = std::time::Instant::now();
            while begin.elapsed() < Duration::from_millis(400 + 130 * round) {
                thread::yield_now();
            }
            service.kill();
            stop.store(true, Ordering::Relaxed);
        });
    }
    // The server ends a transaction when it notices that its client has gone.
    sleep(Duration::from_secs(1)).await;
    fixture.audit().await?;
    let torn = "SELECT operation_id FROM segments.operations WHERE kind = 'change_user'
        AND (jsonb_array_length(detail -> 'added') <> (SELECT count(*) FROM segments.memberships WHERE opened_by = operation_id)
          OR jsonb_array_length(detail -> 'removed') <> (SELECT count(*) FROM segments.memberships WHERE closed_by = operation_id))";
    assert_eq!(fixture.rows(torn).await?, Vec::<String>::new());
    let count = fixture.rows("SELECT count(*) FROM segments.operations WHERE kind = 'change_user'").await?;
    assert!(count[0].parse::<u32>()? > 20, "{count:?}");
    Ok(())
}
