//! A limit of the number of expensive responses in progress.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{ApiError, held_body::HeldBody};

/// Maximum number of expensive responses in progress: computed, or not yet taken by their clients. They are at
/// most 1 MiB each, and have a compressed copy.
const IN_PROGRESS: usize = 16;

/// Maximum number of requests that wait. Together with those in progress they are fewer than there may be connections, so
/// that there is always one to close for a probe.
const WAITING: usize = 64;

/// Maximum time for which a request waits.
const WAIT: Duration = Duration::from_secs(2);

/// The limit, for all routes that share it. Cloning shares it.
#[derive(Debug, Clone)]
pub struct ConcurrencyLimit {
    waiting: Arc<Semaphore>,
    in_progress: Arc<Semaphore>,
}

impl Default for ConcurrencyLimit {
    fn default() -> Self {
        Self { waiting: Arc::new(Semaphore::new(WAITING)), in_progress: Arc::new(Semaphore::new(IN_PROGRESS)) }
    }
}

impl ConcurrencyLimit {
    /// Limits all routes of `router` so far.
    pub fn layer<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        metrics::counter!("tagmill_http_requests_refused_total").increment(0);
        router.layer(middleware::from_fn_with_state(self.clone(), limit))
    }

    /// Waits for a place. `None`: too many others wait, or it takes too long.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let _waiting = self.waiting.try_acquire().ok()?;
        timeout(WAIT, Arc::clone(&self.in_progress).acquire_owned()).await.ok()?.ok()
    }
}

/// Answers a request when there is a place; the place is kept until the client has taken the response.
async fn limit(State(limit): State<ConcurrencyLimit>, request: Request, next: Next) -> Response {
    match limit.place().await {
        Some(place) => next.run(request).await.map(|body| axum::body::Body::new(HeldBody::new(body, place))),
        None => {
            metrics::counter!("tagmill_http_requests_refused_total").increment(1);
            ApiError::Unavailable("too many requests are being answered; try again".to_owned()).into_response()
        }
    }
}
