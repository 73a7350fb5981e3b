//! Cache of recent responses.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use crate::{ApiError, Body};

/// Recent responses by request. Misses are read one at a time, and other requests wait: reads never use more than one
/// database connection, and most waiting requests then find their response in the cache.
#[derive(Debug)]
pub struct ResponseCache<K> {
    fresh: Duration,
    kept: Mutex<Vec<Entry<K>>>,
}

#[derive(Debug)]
struct Entry<K> {
    request: K,
    read_at: Instant,
    /// `None`: the database did not answer. Waiting requests fail at once instead of trying one after the other.
    body: Option<Arc<Body>>,
}

/// Maximum size of all bodies together in bytes. Beyond it the oldest are dropped before they expire.
const MAX_BYTES: usize = 8 << 20;

impl<K> Entry<K> {
    fn bytes(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.len())
    }
}

impl<K: Clone + PartialEq> ResponseCache<K> {
    /// A cache whose entries expire after `fresh`.
    #[must_use]
    pub fn new(fresh: Duration) -> Self {
        Self { fresh, kept: Mutex::new(Vec::new()) }
    }

    /// Returns the cached response, or the response of `read`.
    ///
    /// # Errors
    /// The error of `read`; for requests that waited meanwhile, that the database does not answer.
    pub async fn take(
        &self,
        request: &K,
        read: impl AsyncFnOnce() -> Result<Body, ApiError>,
    ) -> Result<Arc<Body>, ApiError> {
        let mut kept = self.kept.lock().await;
        kept.retain(|kept| kept.read_at.elapsed() < self.fresh);
        if let Some(kept) = kept.iter().find(|kept| kept.request == *request || kept.body.is_none()) {
            return kept.body.clone().ok_or_else(ApiError::unavailable);
        }
        let outcome = read().await.map(Arc::new);
        let body = outcome.as_ref().ok().map(Arc::clone);
        kept.push(Entry { request: request.clone(), read_at: Instant::now(), body });
        while kept.iter().map(Entry::bytes).sum::<usize>() > MAX_BYTES {
            kept.remove(0);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use futures_util::future::join_all;
    use tokio::time::{advance, sleep};

    use super::{ApiError, Body, MAX_BYTES, ResponseCache};

    const FRESH: Duration = Duration::from_secs(2);

    /// A database that takes its time, and counts how often it is asked.
    async fn ask(response_cache: &ResponseCache<u8>, asked: &Cell<u32>, answers: bool) -> Result<(), ApiError> {
        let read = async || {
            asked.set(asked.get() + 1);
            sleep(Duration::from_millis(100)).await;
            if answers { Ok(Body::new("text/plain", "7")) } else { Err(ApiError::unavailable()) }
        };
        response_cache.take(&7, read).await.map(drop)
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_requests_share_one_computation() {
        let (response_cache, asked) = (ResponseCache::new(FRESH), Cell::new(0));
        let all = join_all((0..100).map(|_| ask(&response_cache, &asked, true))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(asked.get(), 1);
        advance(FRESH).await;
        assert!(ask(&response_cache, &asked, true).await.is_ok());
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_are_dropped_before_they_expire() {
        let (response_cache, asked) = (ResponseCache::new(FRESH), Cell::new(0));
        let ask = async |request: u8| {
            let read = async || {
                asked.set(asked.get() + 1);
                Ok(Body::new("text/plain", vec![b'x'; MAX_BYTES / 2]))
            };
            assert!(response_cache.take(&request, read).await.is_ok());
        };
        for request in [1, 2, 1, 2, 3, 3, 2] {
            ask(request).await;
        }
        assert_eq!(asked.get(), 3);
        ask(1).await;
        assert_eq!(asked.get(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_requests_fail_together_if_the_database_does_not_answer() {
        let (response_cache, asked) = (ResponseCache::new(FRESH), Cell::new(0));
        let all = join_all((0..100).map(|_| ask(&response_cache, &asked, false))).await;
        assert!(all.iter().all(Result::is_err));
        assert_eq!(asked.get(), 1);
        advance(FRESH).await;
        assert!(ask(&response_cache, &asked, true).await.is_ok());
    }
}
