//! Concurrent batches: while one batch waits for the disk or the broker, the next one is processed.
//!
//! The guarantees stay the same. Offsets are committed in the order in which batches were read. Two batches with events
//! of the same key (of one order) are never in flight together. After a failure no more records are read. The batches
//! in flight are awaited, then [`Worker::store_and_publish`] completes the others one by one.

use std::{collections::HashSet, future::pending};

use futures_util::{StreamExt, stream::FuturesOrdered};
use tokio::time::{Instant, sleep_until};

use crate::{
    Clock, DependencyError, Failure, LoopHealth, MAX_BATCH_OUTPUT_BYTES, Processor, Publisher, Record, Source, Step,
    Worker,
    batch::Batch,
    worker::{Stopped, keep_alive, with_stop_deadline},
};

/// Maximum size of the batches in flight together, in bytes of their records. Each batch is in memory several times.
const MAX_CONCURRENT_BYTES: usize = MAX_BATCH_OUTPUT_BYTES / 2;

/// Which records are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadMode {
    /// Any records, as soon as one is available.
    Any,
    /// The records before the end offsets.
    UntilEnd,
}

/// The time at which other work is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) at: Instant,
    /// One batch of available records goes first.
    pub(crate) records_first: bool,
}

/// Why the loop has stopped reading. All records read before are processed.
#[derive(Debug)]
pub(crate) enum StopReason {
    /// No more records before the end offsets.
    EndReached,
    /// Other work is due.
    Due,
    /// A stop was requested.
    Shutdown,
    /// The source cannot be read.
    ReadFailed(DependencyError),
}

/// The event that the loop handles next.
enum Turn<E> {
    Read(Result<Vec<Record>, DependencyError>),
    /// The oldest batch in flight has ended, with or without success.
    Completed(Box<Batch<E>>),
    Due,
    Shutdown,
}

/// The keys and the size of a batch.
struct Footprint<K> {
    keys: HashSet<K>,
    bytes: usize,
}

impl<S: Source, L: Processor, P: Publisher> Worker<S, L, P> {
    /// Reads and processes batches until no records are left, other work is due, or a stop is requested.
    pub(crate) async fn process_concurrently(
        &mut self,
        mode: ReadMode,
        due: Option<Due>,
    ) -> Result<StopReason, Stopped> {
        loop {
            let (open, stop_reason) = self.run_until_failure(mode, due).await?;
            for batch in open {
                // On the heap: a debug build copies a future several times on its stack, and those of a batch are
                // large.
                Box::pin(self.store_and_publish(batch)).await?;
            }
            if let Some(stop_reason) = stop_reason {
                return Ok(stop_reason);
            }
        }
    }

    /// Reads and processes batches until one fails. Returns the batches whose offsets are not committed, and why
    /// reading stopped; `None` if it stopped because of these batches.
    async fn run_until_failure(
        &mut self,
        mode: ReadMode,
        mut due: Option<Due>,
    ) -> Result<(Vec<Batch<L::Event>>, Option<StopReason>), Stopped> {
        let Self { source, processor, publisher, settings, loop_health, clock, shutdown } = self;
        let (processor, publisher, loop_health, clock) = (&*processor, &*publisher, &**loop_health, *clock);
        let (mut attempts, mut in_flight) = (FuturesOrdered::new(), Vec::new());
        let (mut next, mut open) = (None, Vec::new());
        let mut stop_reason = None;
        loop {
            if let Some((footprint, batch)) =
                next.take_if(|(footprint, _)| open.is_empty() && may_run_concurrently(footprint, &in_flight))
            {
                in_flight.push(footprint);
                attempts.push_back(attempt(processor, publisher, loop_health, clock, batch));
            }
            let alone = attempts.is_empty();
            let has_room = next.is_none() && open.is_empty() && attempts.len() < settings.max_in_flight;
            let turn = if stop_reason.is_none() && has_room {
                if alone {
                    loop_health.set_step(if mode == ReadMode::UntilEnd { Step::Receiving } else { Step::Idle });
                }
                let records_first = due.is_some_and(|due| due.records_first);
                let turn = async {
                    tokio::select! {
                        biased;
                        () = shutdown.cancelled() => Turn::Shutdown,
                        Some(completed) = attempts.next(), if !alone => Turn::Completed(completed),
                        () = until(due), if !records_first => Turn::Due,
                        records = read(source, mode, settings.batch_size, alone) => Turn::Read(records),
                        () = until(due), if records_first => Turn::Due,
                    }
                };
                loop_health.heartbeat_while(turn).await
            } else if alone {
                break;
            } else {
                let completed = with_stop_deadline(
                    shutdown,
                    settings.drain_timeout,
                    keep_alive(source, loop_health, attempts.next()),
                )
                .await?;
                completed.map_or(Turn::Shutdown, Turn::Completed)
            };
            match turn {
                Turn::Shutdown => stop_reason = Some(StopReason::Shutdown),
                Turn::Due => stop_reason = Some(StopReason::Due),
                Turn::Read(Err(error)) => stop_reason = Some(StopReason::ReadFailed(error)),
                Turn::Read(Ok(records)) if records.is_empty() => stop_reason = Some(StopReason::EndReached),
                Turn::Read(Ok(records)) => {
                    due = due.map(|due| Due { records_first: false, ..due });
                    let batch = Batch::decode(processor, records);
                    failpoint::pass("received");
                    if settings.max_in_flight == 1 {
                        return Ok((vec![batch], None));
                    }
                    next = Some((Footprint::of(processor, &batch), batch));
                }
                Turn::Completed(batch) => {
                    in_flight.remove(0);
                    if batch.is_published() && open.is_empty() {
                        batch.commit(source, loop_health, clock());
                    } else {
                        open.push(*batch);
                    }
                }
            }
        }
        let has_failed = !open.is_empty();
        open.extend(next.map(|(_, batch)| batch));
        Ok((open, stop_reason.filter(|_| !has_failed)))
    }
}

impl<K: Eq + std::hash::Hash> Footprint<K> {
    fn of<L: Processor<Key = K>>(processor: &L, batch: &Batch<L::Event>) -> Self {
        Self { keys: batch.events.iter().filter_map(|event| processor.key(event)).collect(), bytes: batch.bytes() }
    }
}

/// Whether a batch may be in flight together with the others.
fn may_run_concurrently<K: Eq + std::hash::Hash>(footprint: &Footprint<K>, in_flight: &[Footprint<K>]) -> bool {
    let bytes: usize = in_flight.iter().map(|other| other.bytes).sum();
    in_flight.is_empty()
        || (bytes + footprint.bytes <= MAX_CONCURRENT_BYTES
            && in_flight.iter().all(|other| other.keys.is_disjoint(&footprint.keys)))
}

/// Processes a batch, with one attempt at each step. The batch records which steps are done.
async fn attempt<L: Processor, P: Publisher>(
    processor: &L,
    publisher: &P,
    loop_health: &LoopHealth,
    clock: Clock,
    mut batch: Batch<L::Event>,
) -> Box<Batch<L::Event>> {
    match store_then_publish(processor, publisher, loop_health, clock, &mut batch).await {
        Ok(()) => loop_health.set_waiting(None),
        Err(failure) => {
            tracing::debug!(%failure, "a batch has failed; it is tried again when the other batches in flight are done");
        }
    }
    Box::new(batch)
}

/// One transaction, then one publication.
async fn store_then_publish<L: Processor, P: Publisher>(
    processor: &L,
    publisher: &P,
    loop_health: &LoopHealth,
    clock: Clock,
    batch: &mut Batch<L::Event>,
) -> Result<(), Failure> {
    loop_health.set_step(Step::Storing);
    batch.record_stored(Box::pin(processor.store(&batch.events)).await?);
    failpoint::pass("stored");
    loop_health.set_step(Step::Publishing);
    publisher.publish(&batch.messages, &batch.dead_letters(clock())).await?;
    batch.record_published();
    failpoint::pass("published");
    Ok(())
}

/// The next batch. If no other batch is in flight, it contains any records that are available. Otherwise it has to be
/// full, because only a full batch is worth a transaction of its own.
async fn read(
    source: &mut impl Source,
    mode: ReadMode,
    limit: usize,
    alone: bool,
) -> Result<Vec<Record>, DependencyError> {
    match mode {
        ReadMode::UntilEnd => source.next_until_end(limit).await,
        ReadMode::Any if alone => source.next(limit).await,
        ReadMode::Any => source.next_full(limit).await,
    }
}

async fn until(due: Option<Due>) {
    match due {
        Some(due) => sleep_until(due.at).await,
        None => pending().await,
    }
}
