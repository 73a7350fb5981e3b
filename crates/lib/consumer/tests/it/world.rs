//! Setup of a worker with test doubles.

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use consumer::{DeadLetter, DependencyError, LoopHealth, Message, Publisher, Record, Settings, Worker};
use schedule::Schedule;

use crate::{
    doubles::{Broker, EVENT, Offsets, Partition},
    journal::{Journal, Step},
};

/// The setup of a test.
pub(crate) struct World {
    pub(crate) partition: Partition,
    pub(crate) processor: Offsets,
    pub(crate) broker: Broker,
    pub(crate) settings: Settings,
    pub(crate) loop_health: Arc<LoopHealth>,
    journal: Journal,
}

/// The results for a test to check.
pub(crate) struct Past {
    /// The calls that the loop made.
    pub(crate) steps: Vec<Step>,
    /// The dead letters.
    pub(crate) dead_letters: Vec<DeadLetter>,
}

/// The time at which every record of these tests fails.
pub(crate) fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_773_057_600)
}

/// A record with this value.
pub(crate) fn record(offset: i64, value: &[u8]) -> Record {
    Record {
        topic: Arc::from("orders"),
        partition: 3,
        offset,
        timestamp: Some(1_773_057_600_000),
        key: Some(b"key".to_vec()),
        value: Some(value.to_vec()),
        headers: vec![("trace".to_owned(), None)],
        unread: None,
    }
}

impl World {
    /// This many events, read two at a time in a continuous schedule.
    pub(crate) fn of_events(count: i64) -> Self {
        Self::of((0..count).map(|_| EVENT))
    }

    /// Records with these values.
    pub(crate) fn of(values: impl IntoIterator<Item = &'static [u8]>) -> Self {
        let records = (0..).zip(values).map(|(offset, value)| record(offset, value)).collect();
        Self {
            partition: Partition { records, ..Partition::default() },
            processor: Offsets::default(),
            broker: Broker::default(),
            settings: Settings {
                batch_size: 2,
                max_in_flight: 1,
                schedule: Schedule::Continuous,
                background_interval: Duration::from_secs(3600),
                drain_timeout: Duration::from_secs(10),
            },
            loop_health: Arc::default(),
            journal: Journal::default(),
        }
    }

    /// This many events, read two at a time, with two batches in flight.
    pub(crate) fn max_in_flight(count: i64) -> Self {
        let mut world = Self::of_events(count);
        world.settings.max_in_flight = 2;
        world.journal.may_be_read();
        world
    }

    /// Tells the loop to stop when `step` has happened this many times, if not earlier.
    pub(crate) fn stopped_after(mut self, step: Step, times: usize) -> Self {
        self.journal.stop_after(step, times);
        self
    }

    /// Runs the loop until it ends.
    pub(crate) async fn run(self) -> Past {
        let Self { mut partition, mut processor, mut broker, settings, loop_health, journal } = self;
        partition.journal = journal.clone();
        processor.journal = journal.clone();
        broker.journal = journal.clone();
        let (stop, broker) = (journal.stop().clone(), Rc::new(broker));
        let publisher = Shared(Rc::clone(&broker));
        let worker = Worker {
            source: partition,
            processor,
            publisher,
            settings,
            loop_health,
            clock: noon,
            shutdown: stop.into(),
        };
        worker.run().await.unwrap();
        Past { steps: journal.steps(), dead_letters: broker.dead_letters.borrow().clone() }
    }
}

/// The broker outlives the worker, which owns its publisher.
struct Shared(Rc<Broker>);

impl Publisher for Shared {
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), DependencyError> {
        self.0.publish(messages, dead_letters).await
    }
}
