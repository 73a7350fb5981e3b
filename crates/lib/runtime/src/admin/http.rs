//! `/health`, `/ready` and `/metrics`.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use consumer::{Clock, LoopHealth};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::{
    ExitError,
    admin::metrics,
    admin::readiness::{HANGS_AFTER, Readiness},
};

/// What the endpoints tell about.
#[derive(Clone)]
pub(crate) struct Endpoints {
    pub(crate) loop_health: Arc<LoopHealth>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) clock: Clock,
}

/// Listens from here on, in the background, until the process ends: a probe is answered during a stop, too.
pub(crate) async fn serve(address: SocketAddr, routes: Router) -> Result<(), ExitError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| ExitError::Unavailable(format!("HTTP_ADDR: cannot listen on {address}: {error}")))?;
    tokio::spawn(axum::serve(listener, routes).into_future());
    Ok(())
}

/// The endpoints every service has.
pub(crate) fn routes(endpoints: Endpoints) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(scrape))
        .with_state(endpoints)
}

async fn health(State(endpoints): State<Endpoints>) -> impl IntoResponse {
    let silence = endpoints.loop_health.since_heartbeat();
    if silence < HANGS_AFTER {
        (StatusCode::OK, "healthy".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("the loop has not turned for {} s", silence.as_secs()))
    }
}

async fn ready(State(endpoints): State<Endpoints>) -> impl IntoResponse {
    let readiness = Readiness::of(&endpoints.loop_health);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn scrape(State(endpoints): State<Endpoints>) -> impl IntoResponse {
    let page = metrics::page(&endpoints.metrics, &endpoints.loop_health, (endpoints.clock)());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page)
}

#[cfg(test)]
mod tests;
