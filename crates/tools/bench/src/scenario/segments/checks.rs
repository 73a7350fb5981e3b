//! Checks of memberships over HTTP against pgbench with the same statement, and checks of many pairs in one call.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use tokio::process::Command;

use super::servers::{Arena, Servers};
use crate::output::figures::Figure;
use crate::output::report::Report;
use crate::output::series::Series;

/// Connections, as many for pgbench.
const CONNECTIONS: u64 = 16;

/// Pairs of a call: the most that are allowed.
const PAIRS: u64 = 1000;

const STATEMENT: &str = include_str!("../../../../../../sql/segments/reads/select_membership.sql");

const PGBENCH: Figure = Figure::new("segments_pgbench_per_second", "checks by pgbench -M prepared, 1/s", 0);
const CHECKS: Figure = Figure::new("segments_checks_per_second", "checks over HTTP, 1/s", 0);
const OVER_PGBENCH: Figure = Figure::new("segments_checks_over_pgbench", "checks over HTTP ÷ pgbench", 2);
const P99: Figure = Figure::new("segments_check_p99_ms", "check over HTTP, p99, ms", 1);
const PAIRS_RATE: Figure = Figure::new("segments_pairs_per_second", "pairs of /check, 1/s", 0);
const PAIRS_OVER: Figure = Figure::new("segments_pairs_over_checks", "pairs of /check ÷ checks", 1);
const CPU: Figure = Figure::new("segments_check_cpu_us", "CPU of a check over HTTP, µs", 0);
const PGBENCH_CPU: Figure = Figure::new("segments_pgbench_cpu_us", "CPU of PostgreSQL of a check by pgbench, µs", 0);

/// Measures each kind once; which comes first alternates. Every second user is a member of `tenth`, or not: the answers are
/// counted by the audit of the scenario.
pub(super) async fn checks(
    servers: &Servers,
    arena: &Arena,
    lasts: Duration,
    round: usize,
    report: &mut Report,
) -> Result<()> {
    let (mut raw, mut http) = (None, None);
    for turn in 0..2 {
        servers.checkpoint().await?;
        if (turn + round).is_multiple_of(2) {
            raw = Some(pgbench(servers, arena, lasts, report).await?);
        } else {
            http = Some(singles(servers, arena, lasts, report).await?);
        }
    }
    let (raw, http) = (raw.context("not measured")?, http.context("not measured")?);
    report.push(OVER_PGBENCH, http / raw);
    let pairs = pairs(servers, arena, lasts).await?;
    report.push(PAIRS_RATE, pairs);
    report.push(PAIRS_OVER, pairs / http);
    Ok(())
}

/// Transactions a second of pgbench.
async fn pgbench(servers: &Servers, arena: &Arena, lasts: Duration, report: &mut Report) -> Result<f64> {
    let folder = std::env::temp_dir().join(format!("tagmill-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let script = folder.join("check.sql");
    fs::write(&script, pgbench_script(servers.rows))?;
    let cpu = servers.cpu_seconds()?;
    let output = Command::new(devstack::postgres_program("pgbench")?)
        .args(["-n", "-M", "prepared", "-j", "1", "-c", &CONNECTIONS.to_string()])
        .args(["-T", &lasts.as_secs().max(1).to_string(), "-D", "none=-", "-D", "segment=imported", "-f"])
        .arg(&script)
        .arg(&arena.url)
        .output()
        .await?;
    fs::remove_dir_all(&folder)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "pgbench: {text}{}", String::from_utf8_lossy(&output.stderr));
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    let rate = rate.with_context(|| format!("pgbench told no rate: {text}"))?;
    let spent = servers.cpu_seconds()? - cpu;
    report.push(PGBENCH, rate);
    report.push(PGBENCH_CPU, spent * 1e6 / (rate * lasts.as_secs_f64()));
    Ok(rate)
}

/// The statement of the service, with variables of pgbench. Ids that are not given are null, as in the service.
fn pgbench_script(rows: u64) -> String {
    let statement = STATEMENT.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    let statement = statement
        .replace("$1", ":user::int")
        .replace("$2", "NULLIF(:none, '-')::uuid")
        .replace("$3", "NULLIF(:none, '-')")
        .replace("$4", ":segment");
    format!("\\set user random(1, {rows})\n{statement};\n")
}

/// Checks a second over HTTP, each of a random user.
async fn singles(servers: &Servers, arena: &Arena, lasts: Duration, report: &mut Report) -> Result<f64> {
    let (count, rows) = (AtomicU64::new(0), servers.rows);
    let cpu = (servers.cpu_seconds()?, arena.cpu_seconds().await?);
    let began = Instant::now();
    let client = |number: u64| {
        let (count, mut connection) = (&count, arena.connection());
        async move {
            let (mut took, mut random) = (Vec::new(), number + 1);
            while began.elapsed() < lasts {
                random = next(random);
                let asked = Instant::now();
                let user = random % rows + 1;
                let answer = connection.get(&format!("/api/v2/users/{user}/segments/imported")).await?;
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
                ensure!(answer.status == 200 && answer.body.starts_with("{\"member\":true"), "{answer:?}");
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(took)
        }
    };
    let took = try_join_all((0..CONNECTIONS).map(client)).await?;
    let seconds = began.elapsed().as_secs_f64();
    let checked = count.load(Ordering::Relaxed) as f64;
    let (postgresql, service) = (servers.cpu_seconds()? - cpu.0, arena.cpu_seconds().await? - cpu.1);
    let each = [("postgresql", postgresql), ("segments", service)].map(|(who, spent)| (who, spent * 1e6 / checked));
    report.push_each(CPU, &each.into());
    let mut latencies = Series::default();
    took.into_iter().flatten().for_each(|latency| latencies.push(latency));
    report.push(P99, latencies.quantile(0.99));
    report.push(CHECKS, checked / seconds);
    Ok(checked / seconds)
}

/// Pairs a second of `/check`.
async fn pairs(servers: &Servers, arena: &Arena, lasts: Duration) -> Result<f64> {
    let (count, rows) = (AtomicU64::new(0), servers.rows);
    servers.checkpoint().await?;
    let began = Instant::now();
    let client = |number: u64| {
        let (count, mut connection) = (&count, arena.connection());
        async move {
            let mut random = number + 1;
            while began.elapsed() < lasts {
                let users = (0..PAIRS).map(|_| {
                    random = next(random);
                    format!("{{\"user\":\"{}\",\"segment\":\"imported\"}}", random % rows + 1)
                });
                let body = format!("{{\"pairs\":[{}]}}", users.collect::<Vec<_>>().join(","));
                let answer = connection.post("/api/v2/check", &body).await?;
                let members = answer.body.matches("\"member\":true").count() as u64;
                ensure!(answer.status == 200 && members == PAIRS, "{members} members: {}", answer.status);
                count.fetch_add(PAIRS, Ordering::Relaxed);
            }
            anyhow::Ok(())
        }
    };
    try_join_all((0..CONNECTIONS).map(client)).await?;
    Ok(count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64())
}

/// The next of a sequence of scattered numbers.
pub(super) const fn next(random: u64) -> u64 {
    let shifted = random ^ (random << 13);
    let shifted = shifted ^ (shifted >> 7);
    shifted ^ (shifted << 17)
}
