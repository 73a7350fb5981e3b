//! Requests to any replica, repeated until one of them answers.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Connection, Response};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tokio::time::{Instant, sleep, timeout};

use super::fixture::Fixture;

/// Time limit for an answer of any replica: longer than all faults of a round.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(180);

/// Time for which an answer to a request with a key is waited for, before it is repeated.
const REPEAT_AFTER: Duration = Duration::from_secs(8);

/// A request without a key is not repeated while it may still be carried out: a frozen replica would do so when it resumes.
const WITHOUT_KEY: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(150);

/// A request.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) path: String,
    pub(super) content_type: &'a str,
    pub(super) body: String,
    /// The `Idempotency-Key`.
    pub(super) key: Option<String>,
}

impl Request<'_> {
    /// A POST request with JSON.
    pub(super) fn post(path: impl Into<String>, body: impl Into<String>, key: Option<String>) -> Self {
        Self { method: "POST", path: path.into(), content_type: "application/json", body: body.into(), key }
    }

    /// Sends it until a replica has carried it out.
    ///
    /// # Errors
    /// It is refused, or no replica answers for three minutes.
    pub(super) async fn send(&self, fixture: &Fixture, random: &mut ChaCha8Rng) -> Result<Response> {
        let began = Instant::now();
        loop {
            let replica = &fixture.replicas[random.random_range(0..fixture.replicas.len())];
            let limit = if self.key.is_some() { REPEAT_AFTER } else { WITHOUT_KEY };
            let last = timeout(limit, self.attempt(replica.address())).await;
            match &last {
                Ok(Ok(response)) if (200..300).contains(&response.status) => return Ok(response.clone()),
                Ok(Ok(response)) => ensure!(is_temporary(response), "{} {}: {response:?}", self.method, self.path),
                Ok(Err(_)) | Err(_) => {}
            }
            let what = || format!("{} {}: no answer; the last was {last:?}", self.method, self.path);
            Some(()).filter(|()| began.elapsed() < ANSWER_TIMEOUT).with_context(what)?;
            sleep(PAUSE).await;
        }
    }

    async fn attempt(&self, address: std::net::SocketAddr) -> Result<Response> {
        let key = self.key.as_ref().map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
        let headers = format!("content-type: {}\r\n{key}", self.content_type);
        Connection::new(address).send(self.method, &self.path, &headers, self.body.as_bytes()).await
    }
}

/// An outage, or the same request is still being carried out.
fn is_temporary(response: &Response) -> bool {
    let is_running = ["idempotency_key_in_use", "refresh_running"].iter().any(|code| response.body.contains(code));
    matches!(response.status, 408 | 500 | 502 | 503 | 504) || (response.status == 409 && is_running)
}
