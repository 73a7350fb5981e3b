//! Batches on their way side by side, as long as all goes well: while one waits for the disk or for the broker, the next
//! is worked on.
//!
//! Nothing is promised less for it. Offsets are committed in the order in which batches were read, and two batches that
//! hold events of one key (of one order) are never on their way at once. When anything fails, nothing more is read;
//! the batches on their way are waited for, and then [`Worker::persist`] sees to those that are not done, one by one.

use std::{collections::HashSet, future::pending};

use futures_util::{StreamExt, stream::FuturesOrdered};
use tokio::time::{Instant, sleep_until};

use crate::{
    Clock, Failure, LARGEST_PART, Layer, Publisher, Record, Source, Step, Unavailable, Vitals, Worker,
    batch::Batch,
    failpoint,
    worker::{Stopped, alive, finish},
};

/// Batches that are heavier together, in bytes of their records, are not on their way together: each is in memory several
/// times over.
const HEAVY: usize = LARGEST_PART / 2;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Whatever is there, as soon as there is something.
    Whatever,
    /// What is before the mark.
    BeforeMark,
}

/// When something else has to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) at: Instant,
    /// But not before a batch of what can be read at once.
    pub(crate) records_first: bool,
}

/// Why no more is read for now. What was read is done.
#[derive(Debug)]
pub(crate) enum Landing {
    /// There is nothing more before the mark.
    Ended,
    /// Something else has to be done.
    Due,
    /// The loop was told to stop.
    Told,
    /// The source cannot be read.
    Unread(Unavailable),
}

/// One turn of the loop.
enum Turn<E> {
    Read(Result<Vec<Record>, Unavailable>),
    /// The first of the batches on their way has come to the end of it; done or not.
    Flown(Box<Batch<E>>),
    Due,
    Told,
}

/// What a batch has with it.
struct Load<K> {
    keys: HashSet<K>,
    bytes: usize,
}

impl<S: Source, L: Layer, P: Publisher> Worker<S, L, P> {
    /// Reads and processes batches until there are no more, something else is due, or the loop is told to stop.
    pub(crate) async fn fly(&mut self, reading: Reading, due: Option<Due>) -> Result<Landing, Stopped> {
        loop {
            let (open, landing) = self.fly_until_trouble(reading, due).await?;
            for batch in open {
                self.persist(batch).await?;
            }
            if let Some(landing) = landing {
                return Ok(landing);
            }
        }
    }

    /// The same, until a batch is not done at the end of its way. Returns the batches whose offsets are not committed, and
    /// why no more was read; `None`: for their sake.
    async fn fly_until_trouble(
        &mut self,
        reading: Reading,
        mut due: Option<Due>,
    ) -> Result<(Vec<Batch<L::Event>>, Option<Landing>), Stopped> {
        let Self { source, layer, publisher, settings, vitals, clock, stop } = self;
        let (layer, publisher, vitals, clock) = (&*layer, &*publisher, &**vitals, *clock);
        let (mut flights, mut aloft) = (FuturesOrdered::new(), Vec::new());
        let (mut next, mut open) = (None, Vec::new());
        let mut landing = None;
        loop {
            if let Some((load, batch)) = next.take_if(|(load, _)| open.is_empty() && may_join(load, &aloft)) {
                aloft.push(load);
                flights.push_back(attempt(layer, publisher, vitals, clock, batch));
            }
            let alone = flights.is_empty();
            let has_room = next.is_none() && open.is_empty() && flights.len() < settings.side_by_side;
            let turn = if landing.is_none() && has_room {
                if alone {
                    vitals.enters(if reading == Reading::BeforeMark { Step::Receiving } else { Step::Idle });
                }
                let records_first = due.is_some_and(|due| due.records_first);
                let turn = async {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => Turn::Told,
                        Some(flown) = flights.next(), if !alone => Turn::Flown(flown),
                        () = until(due), if !records_first => Turn::Due,
                        records = read(source, reading, settings.batch_size, alone) => Turn::Read(records),
                        () = until(due), if records_first => Turn::Due,
                    }
                };
                vitals.pulse_during(turn).await
            } else if alone {
                break;
            } else {
                let flown = finish(stop, settings.stop_within, alive(source, vitals, flights.next())).await?;
                flown.map_or(Turn::Told, Turn::Flown)
            };
            match turn {
                Turn::Told => landing = Some(Landing::Told),
                Turn::Due => landing = Some(Landing::Due),
                Turn::Read(Err(error)) => landing = Some(Landing::Unread(error)),
                Turn::Read(Ok(records)) if records.is_empty() => landing = Some(Landing::Ended),
                Turn::Read(Ok(records)) => {
                    due = due.map(|due| Due { records_first: false, ..due });
                    let batch = Batch::receive(layer, records);
                    failpoint::pass("received");
                    if settings.side_by_side == 1 {
                        return Ok((vec![batch], None));
                    }
                    next = Some((Load::of(layer, &batch), batch));
                }
                Turn::Flown(batch) => {
                    aloft.remove(0);
                    if batch.is_published() && open.is_empty() {
                        batch.land(source, vitals, clock());
                    } else {
                        open.push(*batch);
                    }
                }
            }
        }
        let in_trouble = !open.is_empty();
        open.extend(next.map(|(_, batch)| batch));
        Ok((open, landing.filter(|_| !in_trouble)))
    }
}

impl<K: Eq + std::hash::Hash> Load<K> {
    fn of<L: Layer<Key = K>>(layer: &L, batch: &Batch<L::Event>) -> Self {
        Self { keys: batch.events.iter().filter_map(|event| layer.key(event)).collect(), bytes: batch.bytes() }
    }
}

/// Whether a batch may be on its way beside others.
fn may_join<K: Eq + std::hash::Hash>(load: &Load<K>, aloft: &[Load<K>]) -> bool {
    let bytes: usize = aloft.iter().map(|other| other.bytes).sum();
    aloft.is_empty() || (bytes + load.bytes <= HEAVY && aloft.iter().all(|other| other.keys.is_disjoint(&load.keys)))
}

/// The way of a batch, one attempt at each step. How far it has come, it knows itself.
async fn attempt<L: Layer, P: Publisher>(
    layer: &L,
    publisher: &P,
    vitals: &Vitals,
    clock: Clock,
    mut batch: Batch<L::Event>,
) -> Box<Batch<L::Event>> {
    match carry(layer, publisher, vitals, clock, &mut batch).await {
        Ok(()) => vitals.waits_for(None),
        Err(failure) => tracing::debug!(%failure, "a batch is put aside until those beside it are done"),
    }
    Box::new(batch)
}

/// One transaction, one publication.
async fn carry<L: Layer, P: Publisher>(
    layer: &L,
    publisher: &P,
    vitals: &Vitals,
    clock: Clock,
    batch: &mut Batch<L::Event>,
) -> Result<(), Failure> {
    vitals.enters(Step::Storing);
    batch.store(layer.store(&batch.events).await?);
    failpoint::pass("stored");
    vitals.enters(Step::Publishing);
    publisher.publish(&batch.messages, &batch.dead_letters(clock())).await?;
    batch.publish();
    failpoint::pass("published");
    Ok(())
}

/// A batch that is alone takes what is there; beside another, only a whole one is worth a transaction of its own.
async fn read(
    source: &mut impl Source,
    reading: Reading,
    limit: usize,
    alone: bool,
) -> Result<Vec<Record>, Unavailable> {
    match reading {
        Reading::BeforeMark => source.next_before_mark(limit).await,
        Reading::Whatever if alone => source.next(limit).await,
        Reading::Whatever => source.next_full(limit).await,
    }
}

async fn until(due: Option<Due>) {
    match due {
        Some(due) => sleep_until(due.at).await,
        None => pending().await,
    }
}
