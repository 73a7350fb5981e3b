//! `run`: runs the service until a signal stops it. Probes are answered and signals handled from the beginning.

use std::{net::SocketAddr, time::Duration};

use health::Health;
use http::server::{self, Limits, Routes};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::{
    App, Context, ExitError,
    admin::endpoints::{self, Endpoints},
    admin::metrics,
    admin::signals,
    clock,
    settings::{HttpSettings, ProcessSettings},
};

/// Runtimes beside the one of the main thread, with a thread each.
pub(crate) struct Runtimes {
    /// Handles signals, accepts connections, and answers `/health` and `/ready`, even if the main thread hangs.
    pub(crate) watch: Handle,
    /// Answers all other requests.
    pub(crate) routes: Handle,
}

/// Runs the service until a signal stops it.
pub(crate) async fn run<A: App>(
    app: A,
    http: &HttpSettings,
    process: &ProcessSettings,
    runtimes: &Runtimes,
) -> anyhow::Result<()> {
    let metrics = {
        let _entered = runtimes.watch.enter();
        metrics::install(A::NAME)?
    };
    A::describe_metrics();
    let (health, shutdown_grace, http_addr) = (Health::default(), process.shutdown_grace, http.http_addr);
    app.register(&health);
    // After the metrics, so that the counters of the routes exist from the start.
    let endpoints = Endpoints { health: health.clone(), metrics, clock: clock::now, healthy: A::HEALTHY };
    let routes = Routes {
        probes: endpoints::probes(endpoints.clone()),
        others: endpoints::metrics(endpoints).merge(app.routes()),
        runtime: runtimes.routes.clone(),
    };
    let stop = runtimes.watch.spawn(start_admin(shutdown_grace, http_addr, routes)).await??;
    // On the heap, because it is the largest future.
    Box::pin(app.run(Context { stop, health, shutdown_grace, http_addr })).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Starts to handle signals and to answer requests.
async fn start_admin(grace: Duration, address: SocketAddr, routes: Routes) -> anyhow::Result<CancellationToken> {
    let stop = signals::shutdown_token(grace)?;
    let cannot = |error| ExitError::Unavailable(format!("HTTP_ADDR: cannot listen on {address}: {error}"));
    server::serve(address, routes, Limits::DEFAULT).map_err(cannot)?;
    Ok(stop)
}
