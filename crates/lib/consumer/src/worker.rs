//! The parts and settings of the loop, and how it waits.

use std::{sync::Arc, time::Duration};

use schedule::Schedule;
use tokio::time::sleep;

use crate::{
    Clock, DependencyError, LoopHealth, Processor, Publisher, Record, Shutdown, Source, Step, Waiting, backoff::Backoff,
};

/// Settings of the loop.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Maximum number of records per microbatch. Larger batches cost fewer round trips and more memory.
    pub batch_size: usize,
    /// Maximum number of batches processed concurrently while nothing fails: while one batch waits for the disk or the
    /// broker, the next one is processed. Each batch uses its own database connection. 1: batches are processed one
    /// after the other.
    pub max_in_flight: usize,
    /// When the loop reads records.
    pub schedule: Schedule,
    /// The interval of background rounds in a continuous schedule. With any other schedule, a round runs at each tick.
    pub background_interval: Duration,
    /// How long the current attempt may continue after a stop is requested; then the batch is abandoned. Must be
    /// shorter than the grace period. Otherwise the process is killed before it has left its group.
    pub drain_timeout: Duration,
}

/// The loop of one service: a member of the consumer group, a processor, a publisher.
pub struct Worker<S, L, P> {
    /// Reads the records.
    pub source: S,
    /// Decodes and stores the records.
    pub processor: L,
    /// Sends the messages.
    pub publisher: P,
    /// Settings of the loop.
    pub settings: Settings,
    /// The state shown by `/health`, `/ready` and `/metrics`.
    pub loop_health: Arc<LoopHealth>,
    /// The wall clock.
    pub clock: Clock,
    /// Cancelled when the loop has to end. The current batch is finished if its dependencies are reachable. Otherwise
    /// it is abandoned and its offsets are not committed.
    pub shutdown: Shutdown,
}

/// A stop was requested while the loop waited. The current batch is abandoned.
pub(crate) struct Stopped;

impl<S: Source, L: Processor, P: Publisher> Worker<S, L, P> {
    /// Waits after an error. `record` is the record that causes the error, if known. The heartbeat continues, and
    /// the source is polled.
    pub(crate) async fn wait(
        &mut self,
        backoff: &mut Backoff,
        error: DependencyError,
        record: Option<&Record>,
    ) -> Result<(), Stopped> {
        let delay = backoff.next_delay();
        let DependencyError { dependency, error, .. } = error;
        let (attempts, retry_in_s) = (backoff.attempts(), delay.as_secs_f64());
        match record {
            None => {
                tracing::warn!(dependency = dependency.name, error, attempts, retry_in_s, "waiting for a dependency");
            }
            Some(record) => tracing::error!(
                record.topic = %record.topic,
                record.partition = record.partition,
                record.offset = record.offset,
                dependency = dependency.name,
                error,
                attempts,
                retry_in_s,
                "this record cannot be stored; it is retried, and all records behind it wait"
            ),
        }
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        let record = record.map(Record::coordinates);
        self.loop_health.set_waiting(Some(Waiting { dependency, error, attempts, record }));
        self.loop_health.set_step(Step::Waiting);
        self.until_stopped(sleep(delay)).await
    }

    /// Waits for `work`, or until a stop is requested.
    pub(crate) async fn until_stopped(&mut self, work: impl Future<Output = ()>) -> Result<(), Stopped> {
        with_stop_deadline(&self.shutdown, Duration::ZERO, keep_alive(&mut self.source, &self.loop_health, work)).await
    }
}

/// Waits for `work`. Gives up `limit` after a stop was requested.
pub(crate) async fn with_stop_deadline<T>(
    shutdown: &Shutdown,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Stopped> {
    tokio::select! {
        biased;
        () = shutdown.passed(limit) => Err(Stopped),
        done = work => Ok(done),
    }
}

/// Runs `work`, however long it takes. Keeps the membership in the group and the heartbeat meanwhile.
pub(crate) async fn keep_alive<T>(
    source: &mut impl Source,
    loop_health: &LoopHealth,
    work: impl Future<Output = T>,
) -> T {
    loop_health.heartbeat_while(source.poll_while(work)).await
}
