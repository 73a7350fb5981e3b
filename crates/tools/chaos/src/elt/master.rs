//! The writer of the source: ordinary traffic, transactions that commit cycles late, and sessions that a restart ends.

use std::time::Duration;

use anyhow::{Context, Result};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::{Instant, sleep};
use workload::master::{Model, Session, Sizes, Transaction, Writer};

/// Time between two transactions.
const PAUSE: Duration = Duration::from_millis(100);

/// Time limit for the source to come back.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// Probability that a step opens a transaction that stays open, and that a step commits it.
const OPENS: f64 = 0.1;
const COMMITS: f64 = 0.03;

const SIZES: Sizes = Sizes { orders: 4_000, users: 800, products: 600, shops: 60 };

/// The random stream of the steps, separate from others.
const STREAM: u64 = 3;

/// The source, and the model of it.
pub(super) struct Master {
    url: String,
    session: Session,
    /// The session of the transaction that stays open.
    other: Session,
    writer: Writer,
    random: ChaCha8Rng,
    open: Option<(i64, Transaction)>,
    last_number: i64,
    /// Number of rows changed by committed transactions, and of transactions that committed late.
    pub(super) changed: u64,
    pub(super) late: u64,
}

impl Master {
    /// Creates the tables and fills them.
    pub(super) async fn fill(url: &str, seed: u64) -> Result<Self> {
        let (session, other) = (Session::connect(url).await?, Session::connect(url).await?);
        let writer = Writer::new(seed, SIZES, session.clock().await?);
        session.fill(writer.model()).await?;
        session.create_notes().await?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(STREAM);
        let url = url.to_owned();
        Ok(Self { url, session, other, writer, random, open: None, last_number: 0, changed: 0, late: 0 })
    }

    /// What the source holds.
    pub(super) fn model(&self) -> &Model {
        self.writer.model()
    }

    /// Writes for some time at least, and as long as faults are injected.
    pub(super) async fn write(&mut self, lasts: Duration, is_needed: impl Fn() -> bool) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < lasts || is_needed() {
            if self.open.is_none() && self.random.random_bool(OPENS) {
                self.open().await?;
            } else if self.open.is_some() && self.random.random_bool(COMMITS) {
                self.commit().await?;
            } else {
                self.traffic().await?;
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Commits the transaction that is open, if there is one.
    pub(super) async fn commit(&mut self) -> Result<()> {
        let Some((number, transaction)) = self.open.take() else { return Ok(()) };
        let committed = self.other.commit().await;
        if committed.is_ok() {
            self.late += 1;
        } else {
            self.other = connect(&self.url).await?;
        }
        self.settle(number, &transaction, committed.is_ok()).await
    }

    async fn traffic(&mut self) -> Result<()> {
        let Ok(now) = self.session.begin().await else {
            self.session = connect(&self.url).await?;
            return Ok(());
        };
        let (number, transaction) = (self.number(), self.writer.traffic(now));
        let committed = send(&self.session, number, &transaction, true).await;
        if committed.is_err() {
            self.session = connect(&self.url).await?;
        }
        self.settle(number, &transaction, committed.is_ok()).await
    }

    /// Begins a transaction and leaves it open.
    async fn open(&mut self) -> Result<()> {
        let Ok(now) = self.other.begin().await else {
            self.other = connect(&self.url).await?;
            return Ok(());
        };
        let (number, transaction) = (self.number(), self.writer.held_open(now));
        if send(&self.other, number, &transaction, false).await.is_ok() {
            self.open = Some((number, transaction));
            return Ok(());
        }
        self.other = connect(&self.url).await?;
        self.settle(number, &transaction, false).await
    }

    /// Takes over a transaction, unless the source has rolled it back. Without an answer the source is asked.
    async fn settle(&mut self, number: i64, transaction: &Transaction, committed: bool) -> Result<()> {
        if committed || self.is_noted(number).await? {
            self.changed += transaction.len() as u64;
            self.writer.commit(transaction);
        } else {
            self.writer.roll_back(transaction);
        }
        Ok(())
    }

    async fn is_noted(&mut self, number: i64) -> Result<bool> {
        if let Ok(noted) = self.session.is_noted(number).await {
            return Ok(noted);
        }
        self.session = connect(&self.url).await?;
        self.session.is_noted(number).await
    }

    fn number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }
}

/// Makes the changes of a transaction.
async fn send(session: &Session, number: i64, transaction: &Transaction, commit: bool) -> Result<()> {
    session.note(number).await?;
    session.write(transaction).await?;
    if commit { session.commit().await } else { Ok(()) }
}

/// A session with the source, which may be starting again.
async fn connect(url: &str) -> Result<Session> {
    let began = Instant::now();
    loop {
        match Session::connect(url).await {
            Ok(session) => return Ok(session),
            Err(error) if began.elapsed() > RECONNECT_TIMEOUT => return Err(error).context("the source stays away"),
            Err(_) => sleep(PAUSE).await,
        }
    }
}
