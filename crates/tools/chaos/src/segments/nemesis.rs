//! Injection of the faults of segments-service and its servers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use anyhow::{Result, ensure};
use devstack::NetworkFault;
use harness::webhook::Behaviour;
use harness::{Connection, until};
use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep, timeout};

use super::fault::{Fault, Point, Server};
use super::fixture::Fixture;
use super::model::QUERIED;
use crate::replicas::plan::Injection;
use crate::replicas::replica::{Replica, is_stopped};

/// Time limit for a replica to reach a failpoint. Other faults may prevent it; then the fault counts as missed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(40);

/// Time between the end of a replica and its restart, as with an orchestrator.
const PAUSE: Duration = Duration::from_millis(300);

/// Time for which the answer to a request for a refresh is waited for: a stopped replica gives none.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum number of passes of a failpoint before the one that counts.
const PASSES: usize = 3;

/// Ends the sessions of the replicas.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

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
        Fault::Terminate => terminate(fixture).await,
        Fault::Receivers(behaviour) => receivers(fixture, behaviour, injection).await,
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
    let waiting = during_refreshes(replica, point, process.wait());
    let died = match timeout(WAIT_TIMEOUT, waiting).await {
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

/// Replaces a replica by one that stops at a point. In every other case PostgreSQL ends all sessions, so that the
/// other replica goes on before it wakes up.
async fn freeze_at(fixture: &Fixture, point: Point, injection: &Injection<Fault>) -> Result<bool> {
    let replica = &fixture.replicas[injection.replica()];
    let mut process = replica.turn().await;
    process.kill().await?;
    *process = replica.again(Some(armed(point, injection, "1*return(stop)")))?;
    let stopped = until("the replica is stopped", WAIT_TIMEOUT, async || is_stopped(&process).await);
    if during_refreshes(replica, point, stopped).await.is_err() {
        process.kill().await?;
        *process = replica.again(None)?;
        return Ok(false);
    }
    sleep(injection.lasts).await;
    if injection.choice % 4 < 2
        && let Ok(database) = fixture.database().await
    {
        let _ = database.batch_execute(TERMINATE).await;
        sleep(injection.lasts).await;
    }
    process.resume().await?;
    Ok(true)
}

/// Waits, and has the replica refresh a segment again and again if the point is one of a refresh.
async fn during_refreshes<T>(replica: &Replica, point: Point, waiting: impl Future<Output = T>) -> T {
    tokio::select! {
        result = waiting => result,
        never = refresh(replica.address(), point) => match never {},
    }
}

/// Asks for a refresh, again and again.
async fn refresh(address: SocketAddr, point: Point) -> Infallible {
    let (mut connection, path) = (Connection::new(address), format!("/api/v2/segments/{QUERIED}/refresh"));
    loop {
        if matches!(point, Point::Desired | Point::Refreshed) {
            let _ = timeout(REFRESH_TIMEOUT, connection.post(&path, "")).await;
        }
        sleep(PAUSE).await;
    }
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

/// Lets PostgreSQL lose a COMMIT or its answer, until that has happened.
async fn commits(fixture: &Fixture, fault: NetworkFault) -> Result<bool> {
    let _turn = fixture.turn(Server::Postgres).await;
    let proxy = fixture.proxy(Server::Postgres)?;
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

/// Lets the receivers fail, from a request on that they have treated so.
async fn receivers(fixture: &Fixture, behaviour: Behaviour, injection: &Injection<Fault>) -> Result<bool> {
    let subscribers = fixture.subscribers()?;
    let _turn = subscribers.turn().await;
    let (before, began) = (subscribers.failed(), Instant::now());
    subscribers.behave(behaviour);
    while subscribers.failed() == before && began.elapsed() < WAIT_TIMEOUT {
        sleep(PAUSE).await;
    }
    sleep(injection.lasts).await;
    subscribers.behave(Behaviour::Works);
    Ok(subscribers.failed() > before)
}

async fn terminate(fixture: &Fixture) -> Result<bool> {
    let _turn = fixture.turn(Server::Postgres).await;
    let Ok(database) = fixture.database().await else { return Ok(false) };
    Ok(database.batch_execute(TERMINATE).await.is_ok())
}
