//! Answers that were given a moment ago.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use super::{body::Body, question::Question};
use crate::api::Refused;

/// What came of the latest questions. One at a time is read, whoever else asks waits in line: the page never takes more than
/// one connection to the database, and most of those in line find what they want on the shelf.
pub(super) struct Shelf {
    fresh: Duration,
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    question: Question,
    read_at: Instant,
    /// None: the database did not answer. Those in line need not find out one after the other.
    body: Option<Arc<Body>>,
}

impl Shelf {
    /// A shelf on which nothing stays for longer than that.
    pub(super) fn new(fresh: Duration) -> Self {
        Self { fresh, kept: Mutex::default() }
    }

    /// What the shelf has, or else what `read` brings.
    pub(super) async fn take(
        &self,
        question: &Question,
        read: impl AsyncFnOnce() -> Result<Body, Refused>,
    ) -> Result<Arc<Body>, Refused> {
        let mut kept = self.kept.lock().await;
        kept.retain(|kept| kept.read_at.elapsed() < self.fresh);
        if let Some(kept) = kept.iter().find(|kept| kept.question == *question || kept.body.is_none()) {
            return kept.body.clone().ok_or_else(Refused::silence);
        }
        let outcome = read().await.map(Arc::new);
        let body = outcome.as_ref().ok().map(Arc::clone);
        kept.push(Kept { question: question.clone(), read_at: Instant::now(), body });
        outcome
    }
}
