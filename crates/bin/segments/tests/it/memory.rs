//! Memory: lists and reports are streamed, so their length does not matter.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{fixture::Fixture, service::Service};

/// The number of users and of memberships.
const ROWS: usize = 200_000;

/// A number of `/proc/<process>/status` in KiB.
fn memory(service: &Service, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", service.process())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Reads an answer without keeping it. Returns its length.
fn length(service: &Service, path: &str) -> anyhow::Result<usize> {
    let mut stream = TcpStream::connect(service.address())?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let (mut length, mut part) = (0, vec![0; 1 << 16]);
    loop {
        match stream.read(&mut part)? {
            0 => return Ok(length),
            read => length += read,
        }
    }
}

#[tokio::test]
async fn memory_does_not_grow_with_the_rows_of_lists_and_reports() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture
        .run(&format!(
            "INSERT INTO segments.users (name, lastname, sex, age)
             SELECT 'n' || n, repeat('x', 50), 0, 30 FROM generate_series(1, {ROWS}) AS n;
             INSERT INTO segments.segments (name) SELECT 'S' || n FROM generate_series(1, {ROWS} / 10) AS n;
             INSERT INTO segments.operations (operation_id, kind, actor) OVERRIDING SYSTEM VALUE VALUES (1, 'test', 'test');
             INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
             SELECT n / 10 + 1, n, timestamp '2026-01-01' + n * interval '1 second', 1 FROM generate_series(1, {ROWS}) AS n;
             ANALYZE"
        ))
        .await?;
    let service = Service::start(&fixture.url, &[]).await?;
    let guid = fixture.rows("SELECT guid FROM segments.users WHERE user_id = 1").await?.remove(0);
    for path in ["/api/v1/users/1", "/api/v1/users/1/withSegments", "/api/v1/segments?segment_type=deleted"] {
        assert!(length(&service, path)? > 0);
    }
    assert!(length(&service, &format!("/segments/get-for-user?userID={guid}"))? > 0);
    let before = memory(&service, "VmHWM");
    for (path, bytes) in [
        ("/api/v1/users", 100 * ROWS),
        ("/api/v1/users/withSegments", 200 * ROWS),
        ("/api/v1/segments", 3 * ROWS),
        ("/api/v1/reports", 20 * ROWS),
    ] {
        let length = length(&service, path)?;
        let peak = memory(&service, "VmHWM");
        println!("{path}: {length} bytes, peak {before} -> {peak} KiB");
        assert!(length > bytes, "{path}: {length}");
        // The answers have 2 to 50 MB; a million rows would be allowed no more.
        assert!(peak < before + (8 << 10), "{path}: {before} KiB before, {peak} KiB at most");
        assert!(peak < 64 << 10, "{path}: {peak} KiB");
    }
    Ok(())
}
