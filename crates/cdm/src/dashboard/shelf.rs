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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use futures_util::future::join_all;
    use tokio::time::{advance, sleep};

    use super::{Body, Question, Refused, Shelf};

    const FRESH: Duration = Duration::from_secs(2);

    /// A database that takes its time, and counts how often it is asked.
    async fn ask(shelf: &Shelf, asked: &Cell<u32>, answers: bool) -> Result<(), Refused> {
        let read = async || {
            asked.set(asked.get() + 1);
            sleep(Duration::from_millis(100)).await;
            if answers { Ok(Body::new("text/plain", "7")) } else { Err(Refused::silence()) }
        };
        shelf.take(&Question::default(), read).await.map(drop)
    }

    #[tokio::test(start_paused = true)]
    async fn many_viewers_cost_what_one_does() {
        let (shelf, asked) = (Shelf::new(FRESH), Cell::new(0));
        let all = join_all((0..100).map(|_| ask(&shelf, &asked, true))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(asked.get(), 1);
        advance(FRESH).await;
        assert!(ask(&shelf, &asked, true).await.is_ok());
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn those_in_line_do_not_wait_for_a_silent_database_one_after_the_other() {
        let (shelf, asked) = (Shelf::new(FRESH), Cell::new(0));
        let all = join_all((0..100).map(|_| ask(&shelf, &asked, false))).await;
        assert!(all.iter().all(Result::is_err));
        assert_eq!(asked.get(), 1);
        advance(FRESH).await;
        assert!(ask(&shelf, &asked, true).await.is_ok());
    }
}
