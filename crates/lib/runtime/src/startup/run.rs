//! `run`: runs the service until a signal stops it. Probes are answered and signals handled from the beginning.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use health::Health;
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

/// Runs the service until a signal stops it. The runtime `watch` handles signals and serves the endpoints.
pub(crate) async fn run<A: App>(
    app: A,
    http: &HttpSettings,
    process: &ProcessSettings,
    watch: &Handle,
) -> anyhow::Result<()> {
    let metrics = {
        let _entered = watch.enter();
        metrics::install(A::NAME)?
    };
    A::describe_metrics();
    let (health, shutdown_grace, http_addr) = (Health::default(), process.shutdown_grace, http.http_addr);
    app.register(&health);
    // After the metrics, so that the counters of the routes exist from the start.
    let routes = app.routes();
    let endpoints = Endpoints { health: health.clone(), metrics, clock: clock::now };
    let stop = watch.spawn(start_admin(shutdown_grace, http_addr, routes, endpoints)).await??;
    // On the heap, because it is the largest future.
    Box::pin(app.run(Context { stop, health, shutdown_grace, http_addr })).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Starts to handle signals and to answer requests.
async fn start_admin(
    grace: Duration,
    address: SocketAddr,
    routes: Router,
    endpoints: Endpoints,
) -> anyhow::Result<CancellationToken> {
    let stop = signals::shutdown_token(grace)?;
    let cannot = |error| ExitError::Unavailable(format!("HTTP_ADDR: cannot listen on {address}: {error}"));
    http::server::serve(address, endpoints::routes(endpoints).merge(routes)).await.map_err(cannot)?;
    Ok(stop)
}
