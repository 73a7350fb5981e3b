//! `run`: answers probes and handles signals from the beginning, and lets the service work until it is told to stop.

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

/// Works until a signal says stop. Signals are handled, and the endpoints answered, by the runtime `watch`.
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
    // On the heap, as it is the largest future of all.
    Box::pin(app.run(Context { stop, health, shutdown_grace, http_addr })).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Handles signals and answers requests from here on.
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
