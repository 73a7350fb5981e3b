//! `/health`, `/ready` and `/metrics`.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use consumer::Clock;
use health::{Health, Reason};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

/// State of the endpoints.
#[derive(Clone)]
pub(crate) struct Endpoints {
    pub(crate) health: Health,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) clock: Clock,
    /// The body of `/health`.
    pub(crate) healthy: &'static str,
}

/// `/health` and `/ready`.
pub(crate) fn probes(endpoints: Endpoints) -> Router {
    Router::new().route("/health", get(is_healthy)).route("/ready", get(ready)).with_state(endpoints)
}

/// `/metrics`.
pub(crate) fn metrics(endpoints: Endpoints) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state(endpoints)
}

async fn is_healthy(State(endpoints): State<Endpoints>) -> Response {
    match endpoints.health.hangs() {
        None if endpoints.healthy.is_empty() => StatusCode::OK.into_response(),
        None => endpoints.healthy.into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
    }
}

async fn ready(State(endpoints): State<Endpoints>) -> impl IntoResponse {
    let reasons = endpoints.health.reasons();
    let ready = reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, reasons }))
}

/// The answer of `/ready`.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<Reason>,
}

async fn scrape(State(endpoints): State<Endpoints>) -> impl IntoResponse {
    endpoints.health.update_metrics((endpoints.clock)());
    let page = endpoints.metrics.render();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page)
}

#[cfg(test)]
mod tests;
