//! A million rows at a time: import, assignment of a percentage, refreshes, a report; each against COPY of as many rows.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::servers::{Arena, Servers};
use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;

const COPY: Figure = Figure::new("segments_copy_seconds", "C: COPY of the rows into the same table, s", 2);
const IMPORT: Figure = Figure::new("segments_import_over_copy", "import ÷ C", 2);
const ASSIGN: Figure = Figure::new("segments_assign_over_copy", "10 % assigned ÷ C", 2);
const FIRST: Figure = Figure::new("segments_refresh_first_over_copy", "refresh, all join ÷ C", 2);
const SAME: Figure = Figure::new("segments_refresh_same_over_copy", "refresh, no difference ÷ C", 2);
const ONE: Figure = Figure::new("segments_refresh_changed_over_copy", "refresh, 1 % different ÷ C", 2);
const ALL: Figure = Figure::new("segments_refresh_all_over_copy", "refresh, all different ÷ C", 2);
const REPORT: Figure = Figure::new("segments_report_over_copy", "report of as many changes ÷ C", 2);
const EXPORT: Figure = Figure::new("segments_export_over_copy", "export of as many members ÷ C", 2);

/// Time between two looks at the log of a run.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The members of the segment `refreshed`.
const QUERY: &str = "SELECT user_id FROM public.customers WHERE stage >= 0";

/// C: the rows of an import by COPY, in the order of users, into the same table without any. Seconds.
pub(super) async fn copy(servers: &Servers, report: &mut Report) -> Result<f64> {
    let database = servers.database("floor").await?;
    let mut rows = String::new();
    for user in 1..=servers.rows {
        writeln!(rows, "1\t{user}\t2026-11-30 12:00:00\tinfinity\t1")?;
    }
    servers.checkpoint().await?;
    let began = Instant::now();
    let statement = "COPY segments.memberships (segment_id, user_id, start_at, end_at, opened_by) FROM STDIN";
    let mut sink = Box::pin(database.copy_in(statement).await?);
    sink.send(std::io::Cursor::new(rows)).await?;
    let copied = sink.as_mut().finish().await?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(copied == servers.rows, "{copied} rows were copied");
    drop(database);
    servers.drop_database("floor").await?;
    tell(format!("segments: C: {seconds:.2} s"));
    report.push(COPY, seconds);
    Ok(seconds)
}

/// All of them, over C.
pub(super) async fn over_copy(servers: &Servers, arena: &Arena, copy: f64, report: &mut Report) -> Result<()> {
    create(arena, "imported").await?;
    let file = file(arena).await?;
    let seconds = timed(servers, arena, "import", report, import(arena, file, servers.rows)).await?;
    report.push(IMPORT, seconds / copy);

    create(arena, "tenth").await?;
    let seconds = timed(servers, arena, "assign", report, assign(arena, servers.rows)).await?;
    report.push(ASSIGN, seconds / copy);

    refreshes(servers, arena, copy, report).await?;

    let seconds = timed(servers, arena, "report", report, change_report(arena, servers.rows)).await?;
    report.push(REPORT, seconds / copy);
    let seconds = timed(servers, arena, "export", report, export(arena, servers.rows)).await?;
    report.push(EXPORT, seconds / copy);
    Ok(())
}

async fn refreshes(servers: &Servers, arena: &Arena, copy: f64, report: &mut Report) -> Result<()> {
    let rows = servers.rows;
    // SQL of a segment needs the key of an admin, unless it is written by SQL.
    let insert = "INSERT INTO segments.segments (name, refresh_params) VALUES ('refreshed', $1::text::json)";
    arena.database.execute(insert, &[&json!({ "query": { "sql": QUERY } }).to_string()]).await?;
    let all = format!("{rows} joined, 0 left, 0 with other hashes");
    let seconds = timed(servers, arena, "refresh: all join", report, refresh(arena, &all)).await?;
    report.push(FIRST, seconds / copy);

    let none = "0 joined, 0 left, 0 with other hashes";
    let seconds = timed(servers, arena, "refresh: no difference", report, refresh(arena, none)).await?;
    report.push(SAME, seconds / copy);

    // Half a percent leaves; then it comes back while another half leaves.
    let half = "UPDATE public.customers SET stage = CASE WHEN user_id % 200 = $N THEN -1 ELSE 0 END
        WHERE user_id % 200 = $N OR stage < 0";
    arena.database.batch_execute(&half.replace("$N", "7")).await?;
    refresh(arena, &format!("0 joined, {} left, 0 with other hashes", rows / 200)).await?;
    arena.database.batch_execute(&half.replace("$N", "8")).await?;
    let changed = format!("{0} joined, {0} left, 0 with other hashes", rows / 200);
    let seconds = timed(servers, arena, "refresh: 1 % different", report, refresh(arena, &changed)).await?;
    report.push(ONE, seconds / copy);

    let hashes = json!({ "query": { "sql": QUERY.replace("user_id FROM", "user_id, email AS hash_email FROM") } });
    let update = "UPDATE segments.segments SET refresh_params = $1::text::json WHERE name = 'refreshed'";
    arena.database.execute(update, &[&hashes.to_string()]).await?;
    let replaced = format!("0 joined, 0 left, {} with other hashes", rows - rows / 200);
    let seconds = timed(servers, arena, "refresh: all different", report, refresh(arena, &replaced)).await?;
    report.push(ALL, seconds / copy);
    Ok(())
}

/// Seconds of some work after a checkpoint. The peak memory of the service is remembered under its name.
async fn timed(
    servers: &Servers,
    arena: &Arena,
    name: &'static str,
    report: &mut Report,
    work: impl Future<Output = Result<()>>,
) -> Result<f64> {
    servers.checkpoint().await?;
    arena.forget_peak().await?;
    let began = Instant::now();
    work.await?;
    let seconds = began.elapsed().as_secs_f64();
    let peak = arena.peak_mib().await?;
    tell(format!("segments: {name}: {seconds:.2} s, {peak:.1} MiB"));
    report.remember(scenario(name), &[("segments", peak)].into());
    Ok(seconds)
}

/// The name of a line of the memory table.
fn scenario(name: &'static str) -> &'static str {
    match name {
        "import" => "segments: import",
        "assign" => "segments: assign",
        "report" => "segments: report",
        "export" => "segments: export",
        _ => "segments: refresh",
    }
}

/// Creates a segment without refresh_params.
pub(super) async fn create(arena: &Arena, name: &str) -> Result<()> {
    let answer = arena.connection().post("/api/v2/segments", &json!({ "name": name }).to_string()).await?;
    ensure!(answer.status == 201, "{name}: {answer:?}");
    Ok(())
}

/// The lines of an import: every user by guid, in no order.
async fn file(arena: &Arena) -> Result<Vec<u8>> {
    let statement = "COPY (SELECT guid FROM segments.users ORDER BY hashint4(user_id)) TO STDOUT";
    let mut copy = Box::pin(arena.database.copy_out(statement).await?);
    let mut lines = Vec::new();
    while let Some(part) = copy.next().await {
        lines.extend_from_slice(&part?);
    }
    Ok(lines)
}

async fn import(arena: &Arena, file: Vec<u8>, rows: u64) -> Result<()> {
    let path = "/api/v2/segments/imported/members/import";
    let answer = arena.connection().send("POST", path, "content-type: text/csv\r\n", &file).await?;
    let result: Value = serde_json::from_str(&answer.body).with_context(|| answer.body.clone())?;
    ensure!(answer.status == 200 && result["added"] == rows, "{answer:?}");
    Ok(())
}

async fn assign(arena: &Arena, rows: u64) -> Result<()> {
    let answer = arena.connection().post("/api/v2/segments/tenth/assign", "{\"percent\":10}").await?;
    let result: Value = serde_json::from_str(&answer.body).with_context(|| answer.body.clone())?;
    let joined = result["joined"].as_f64().unwrap_or_default() / rows as f64;
    ensure!(answer.status == 200 && (0.09..0.11).contains(&joined), "{answer:?}");
    Ok(())
}

/// Refreshes the segment `refreshed`, and waits for the end of the run.
async fn refresh(arena: &Arena, expected: &str) -> Result<()> {
    let mut connection = arena.connection();
    let answer = connection.post("/api/v2/segments/refreshed/refresh", "").await?;
    ensure!(answer.status == 202, "{answer:?}");
    loop {
        let log = connection.get("/api/v2/log?segment=refreshed&limit=1").await?;
        let log: Value = serde_json::from_str(&log.body).with_context(|| log.body.clone())?;
        let run = &log["items"][0];
        if run["state"] != "running" {
            ensure!(run["state"] == "success" && run["message"] == expected, "expected {expected}: {run}");
            return Ok(());
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// The report of a segment by link, whole.
async fn change_report(arena: &Arena, rows: u64) -> Result<()> {
    let body = json!({ "segment": "imported", "from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" });
    let mut connection = arena.connection();
    let answer = connection.post("/api/v2/reports", &body.to_string()).await?;
    let link: Value = serde_json::from_str(&answer.body).with_context(|| answer.body.clone())?;
    let path = link["link"].as_str().and_then(|link| Some(link.split_at(link.find("/api/")?).1));
    let length = connection.download(path.with_context(|| answer.body.clone())?).await?;
    ensure!(length > rows * 60, "the report has {length} bytes");
    Ok(())
}

async fn export(arena: &Arena, rows: u64) -> Result<()> {
    let length = arena.connection().download("/api/v2/segments/imported/members/export?format=csv").await?;
    ensure!(length > rows * 60, "the export has {length} bytes");
    Ok(())
}
