//! The limit of expensive responses.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header::RETRY_AFTER},
    response::Response,
    routing::get,
};
use http::ConcurrencyLimit;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tower::ServiceExt as _;

/// Responses in progress, and requests that wait.
const IN_PROGRESS: usize = 16;
const WAITING: usize = 64;

/// A route whose responses of 100,000 bytes wait for a permit of `gate` each.
fn router(gate: &Arc<Semaphore>) -> Router {
    let gate = Arc::clone(gate);
    let answer = async move || {
        gate.acquire().await.expect("it is never closed").forget();
        "x".repeat(100_000)
    };
    ConcurrencyLimit::default().layer(Router::new().route("/", get(answer)))
}

async fn ask(router: Router) -> Response {
    let Ok(response) = router.oneshot(Request::new(Body::empty())).await;
    response
}

#[tokio::test]
async fn too_many_requests_are_refused_at_once_and_the_others_answered() {
    let gate = Arc::new(Semaphore::new(0));
    let router = router(&gate);
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let response = ask(router.clone());
        requests.spawn(async {
            let (head, body) = response.await.into_parts();
            (head, to_bytes(body, usize::MAX).await.expect("a body").len())
        });
    }
    for _ in 0..100 - IN_PROGRESS - WAITING {
        let (refused, _) = requests.join_next().await.expect("a response").expect("no panic");
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers[RETRY_AFTER], "1");
    }
    gate.add_permits(100);
    for (head, length) in requests.join_all().await {
        assert_eq!((head.status, length), (StatusCode::OK, 100_000));
        assert_eq!(head.headers["content-length"], "100000");
    }
}

#[tokio::test]
async fn a_response_counts_until_its_client_has_taken_it() {
    let router = router(&Arc::new(Semaphore::new(1000)));
    let mut untaken = Vec::new();
    for _ in 0..IN_PROGRESS {
        untaken.push(ask(router.clone()).await);
    }
    let waiting = ask(router.clone());
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(100), waiting.as_mut()).await.is_err(), "there is no place");
    let taken = untaken.pop().expect("a response").into_body();
    assert_eq!(to_bytes(taken, usize::MAX).await.expect("a body").len(), 100_000);
    assert_eq!(waiting.await.status(), StatusCode::OK);
}
