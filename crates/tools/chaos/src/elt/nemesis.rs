//! Injection of the faults of elt-service and its servers.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use anyhow::{Result, ensure};
use devstack::NetworkFault;
use harness::until;
use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep, timeout};

use super::fault::{Fault, Point, Server};
use super::fixture::Fixture;
use crate::replicas::plan::Injection;
use crate::replicas::replica::is_stopped;

/// Time limit for a replica to reach a failpoint. Other faults may prevent it; then the fault counts as missed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(25);

/// Time between the end of a replica and its restart, as with an orchestrator.
const PAUSE: Duration = Duration::from_millis(300);

/// Maximum number of passes of a failpoint before the one that counts.
const PASSES: usize = 8;

/// Ends the transactions that hold the lock of a table.
const END_CYCLES: &str = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' \
    AND classid = 7224647 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Waits for the moment, and injects the fault. Returns whether it happened.
pub(super) async fn inject(fixture: &Fixture, injection: &Injection<Fault>) -> Result<bool> {
    sleep(injection.after).await;
    match injection.fault {
        Fault::Kill => kill(fixture, injection).await,
        Fault::KillAt(point) => kill_at(fixture, point, injection).await,
        Fault::Freeze => freeze(fixture, injection).await,
        Fault::FreezeAt(point) => freeze_at(fixture, point, injection).await,
        Fault::Cut(server) => cut(fixture, server, injection).await,
        Fault::LoseCommits => commits(fixture, NetworkFault::LoseCommits).await,
        Fault::SwallowCommits => commits(fixture, NetworkFault::SwallowCommits).await,
        Fault::Restart(server) => restart(fixture, server, injection).await,
        Fault::EmptyRedis => empty_redis(fixture).await,
    }
}

async fn kill(fixture: &Fixture, injection: &Injection<Fault>) -> Result<bool> {
    let replica = &fixture.replicas[injection.replica()];
    let mut process = replica.turn().await;
    process.kill().await?;
    sleep(PAUSE).await;
    *process = replica.again(None)?;
    Ok(true)
}

/// Replaces a replica by one that dies at a point, and that one by a normal one.
async fn kill_at(fixture: &Fixture, point: Point, injection: &Injection<Fault>) -> Result<bool> {
    let replica = &fixture.replicas[injection.replica()];
    let mut process = replica.turn().await;
    process.kill().await?;
    *process = replica.again(Some(armed(point, injection, "return")))?;
    let died = match timeout(WAIT_TIMEOUT, process.wait()).await {
        Ok(status) => {
            let status = status?;
            ensure!(status.signal() == Some(Signal::SIGKILL as i32), "a replica has exited: {status}");
            true
        }
        Err(_) => {
            process.kill().await?;
            false
        }
    };
    *process = replica.again(None)?;
    Ok(died)
}

async fn freeze(fixture: &Fixture, injection: &Injection<Fault>) -> Result<bool> {
    let process = fixture.replicas[injection.replica()].turn().await;
    process.pause().await?;
    sleep(injection.lasts).await;
    let alive = process.is_running().await?;
    process.resume().await?;
    Ok(alive)
}

/// Replaces a replica by one that stops at a point. In every other case the target ends its transaction, so that the other
/// replica goes on before it wakes up.
async fn freeze_at(fixture: &Fixture, point: Point, injection: &Injection<Fault>) -> Result<bool> {
    let replica = &fixture.replicas[injection.replica()];
    let mut process = replica.turn().await;
    process.kill().await?;
    *process = replica.again(Some(armed(point, injection, "1*return(stop)")))?;
    if until("the replica is stopped", WAIT_TIMEOUT, async || is_stopped(&process).await).await.is_err() {
        process.kill().await?;
        *process = replica.again(None)?;
        return Ok(false);
    }
    sleep(injection.lasts).await;
    if injection.choice % 4 < 2
        && let Ok(target) = fixture.target().await
    {
        let _ = target.batch_execute(END_CYCLES).await;
        sleep(injection.lasts).await;
    }
    process.resume().await?;
    Ok(true)
}

fn armed(point: Point, injection: &Injection<Fault>, action: &str) -> String {
    format!("{}={}*off->{action}", point.name(), injection.choice % PASSES)
}

async fn cut(fixture: &Fixture, server: Server, injection: &Injection<Fault>) -> Result<bool> {
    let _turn = fixture.turn(server).await;
    let proxy = fixture.proxy(server)?;
    let before = proxy.tally().cut();
    proxy.set(NetworkFault::Reset);
    sleep(injection.lasts).await;
    proxy.set(NetworkFault::Fair);
    Ok(proxy.tally().cut() > before)
}

/// Lets the target lose a COMMIT or its answer, until that has happened.
async fn commits(fixture: &Fixture, fault: NetworkFault) -> Result<bool> {
    let _turn = fixture.turn(Server::Target).await;
    let proxy = fixture.proxy(Server::Target)?;
    let count = || proxy.tally().commits() + proxy.tally().swallowed_commits();
    let (before, began) = (count(), Instant::now());
    proxy.set(fault);
    while count() == before && began.elapsed() < WAIT_TIMEOUT {
        sleep(PAUSE).await;
    }
    proxy.set(NetworkFault::Fair);
    Ok(count() > before)
}

async fn restart(fixture: &Fixture, server: Server, injection: &Injection<Fault>) -> Result<bool> {
    let _turn = fixture.turn(server).await;
    fixture.kill(server).await?;
    sleep(injection.lasts / 2).await;
    fixture.start(server).await?;
    Ok(true)
}

async fn empty_redis(fixture: &Fixture) -> Result<bool> {
    let _turn = fixture.turn(Server::Redis).await;
    Ok(fixture.empty_redis().await.is_ok())
}
