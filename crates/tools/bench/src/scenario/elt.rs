//! elt-service on a million rows: each kind of cycle against the time of COPY, and the first load against other programs.

use std::time::Instant;

use anyhow::{Result, ensure};
use workload::master::{Table, compare};

use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::settings::Settings;
use cycle::{Cycle, cycle};
use peers::Peers;
use servers::Servers;

mod cycle;
mod floor;
mod peers;
mod servers;

/// Shares of the rows that change, and that are deleted.
const CHANGED: f64 = 0.01;
const DELETED: f64 = 0.001;

const FLOOR: Figure = Figure::new("elt_floor_seconds", "F: COPY to COPY, s", 2);
const KEYS: Figure = Figure::new("elt_keys_seconds", "K: COPY of the keys to nowhere, s", 3);
const FIRST: Figure = Figure::new("elt_first_load_seconds", "first load, s", 2);
const FIRST_RATE: Figure = Figure::new("elt_first_load_rows_per_second", "first load, rows/s", 0);
const FIRST_OVER: Figure = Figure::new("elt_first_load_over_floor", "first load ÷ F", 2);
const CHANGED_OVER: Figure = Figure::new("elt_changed_over_floor", "1 % of the rows changed ÷ F", 2);
const DELETES_OVER: Figure = Figure::new("elt_deletes_over_floor", "0.1 % of the rows deleted ÷ F", 2);
const QUIET_OVER: Figure = Figure::new("elt_quiet_over_keys", "quiet cycle ÷ K", 2);
const REREAD_OVER: Figure = Figure::new("elt_reread_over_floor", "all read again, Redis empty ÷ F", 2);

/// Runs the rounds.
pub(crate) async fn elt(settings: &Settings, report: &mut Report) -> Result<()> {
    tell("elt: starting two PostgreSQL clusters and Redis");
    let mut servers = Servers::start(settings).await?;
    if report.environment.is_none() {
        report.environment = Some(servers.environment(settings).await?);
    }
    let peers = Peers::installed()?;
    for round in 1..=settings.repeat() {
        tell(format!("elt: round {round} of {}, {} rows", settings.repeat(), settings.rows()));
        let floor = first_loads(&mut servers, &peers, round, report).await?;
        cycles(&mut servers, floor, report).await?;
        left_undeleted(&servers, &peers, report).await?;
    }
    servers.stop().await
}

/// The floors, and the first loads of all programs, in an order that alternates. Returns F in seconds.
async fn first_loads(servers: &mut Servers, peers: &Peers, round: usize, report: &mut Report) -> Result<f64> {
    servers.forget().await?;
    servers.calm().await?;
    let floor = floor::copy(servers).await?;
    report.push(FLOOR, floor);
    let mut others = Vec::new();
    if round.is_multiple_of(2) {
        others = peers.first_loads(servers).await?;
    }
    servers.calm().await?;
    let first = measure(servers, "first load", &["run", "orders", "--json"], report).await?;
    ensure!(first.read == servers.rows() && first.written == servers.rows(), "the first load is not whole: {first:?}");
    if !round.is_multiple_of(2) {
        others = peers.first_loads(servers).await?;
    }
    report.push(FIRST, first.seconds);
    report.push(FIRST_RATE, first.read as f64 / first.seconds);
    report.push(FIRST_OVER, first.seconds / floor);
    others.iter().for_each(|(peer, seconds)| report.push(peer.seconds, *seconds));
    let fastest = |name: &str| {
        let seconds = others.iter().filter(|(peer, _)| peer.program == name).map(|(_, seconds)| *seconds);
        seconds.reduce(f64::min)
    };
    for (name, figure) in [("sling", peers::SLING_OVER), ("dlt", peers::DLT_OVER)] {
        if let Some(seconds) = fastest(name) {
            report.push(figure, seconds / first.wall);
        }
    }
    Ok(floor)
}

/// The other kinds of cycles.
async fn cycles(servers: &mut Servers, floor: f64, report: &mut Report) -> Result<()> {
    const RUN: &[&str] = &["run", "orders", "--json"];
    servers.calm().await?;
    // An empty table is filled without a comparison of keys; the next cycle makes up for it, and is not quiet.
    measure(servers, "the first comparison of keys", RUN, report).await?;
    let quiet = measure(servers, "quiet", RUN, report).await?;
    let keys = floor::keys(servers).await?;
    report.push(KEYS, keys);
    report.push(QUIET_OVER, quiet.seconds / keys);
    ensure!(quiet.written + quiet.deleted == 0, "the quiet cycle has written: {quiet:?}");

    let rows = servers.change(CHANGED).await?;
    let changed = measure(servers, "changed", RUN, report).await?;
    report.push(CHANGED_OVER, changed.seconds / floor);
    ensure!(changed.written == rows, "{rows} rows have changed: {changed:?}");

    let rows = servers.delete(DELETED).await?;
    let deletes = measure(servers, "deletes", RUN, report).await?;
    report.push(DELETES_OVER, deletes.seconds / floor);
    ensure!(deletes.deleted == rows, "{rows} rows were deleted: {deletes:?}");

    servers.flush_redis().await?;
    let places = servers.places().await?;
    let reread = measure(servers, "reread", &["resync", "orders", "--json"], report).await?;
    report.push(REREAD_OVER, reread.seconds / floor);
    ensure!(reread.read == servers.rows() && reread.written + reread.deleted == 0, "equal rows: {reread:?}");
    ensure!(servers.places().await? == places, "rows that are equal have moved");
    let differences = compare(&servers.target, Table::Orders, servers.model()).await?;
    ensure!(differences.is_empty(), "{} rows differ from the model: {}", differences.len(), differences[0]);
    Ok(())
}

/// The rows that other programs leave in the target although they are gone from the source.
async fn left_undeleted(servers: &Servers, peers: &Peers, report: &mut Report) -> Result<()> {
    for (peer, rows) in peers.increments(servers).await? {
        report.push(peer.undeleted, rows as f64);
    }
    Ok(())
}

async fn measure(servers: &Servers, name: &'static str, arguments: &[&str], report: &mut Report) -> Result<Cycle> {
    servers.checkpoint().await?;
    let cycle = cycle(servers.environment_of_the_service(), arguments).await?;
    tell(format!("elt: {name}: {:.2} s, {:.1} MiB", cycle.seconds, cycle.peak_rss_mib));
    report.remember("elt", &std::collections::BTreeMap::from([("elt", cycle.peak_rss_mib)]));
    Ok(cycle)
}

/// Seconds of some work.
async fn timed(work: impl Future<Output = Result<()>>) -> Result<f64> {
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed().as_secs_f64())
}
