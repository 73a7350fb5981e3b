//! Property tests of stg on real servers: however events, names, rounds, replicas and crashes interleave, the newest
//! event of each order is sent with the final names, and the message of a version never changes.

use std::collections::{BTreeMap, HashMap};

use consumer::{Message, Processor, Record};
use orders::Version;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use stg::Stg;

use crate::fixture::{Fixture, USUAL, record};

/// Number of orders, each of a fixed user.
const ORDERS: i64 = 6;
const USERS: [&str; 2] = ["u", "v"];
const RESTAURANTS: [&str; 2] = ["r", "s"];
const PRODUCTS: [&str; 3] = ["pie", "cake", "tea"];

/// A step of a test case.
#[derive(Debug, Clone)]
enum Step {
    /// A batch reaches a replica: order, minute, restaurant, products of each event.
    Batch(usize, Vec<SentEvent>),
    /// A name is added or removed.
    User(&'static str, bool),
    Restaurant(&'static str, Vec<&'static str>),
    /// A round of a replica, which may die before its messages are acknowledged, or before that is recorded.
    Round(usize, End),
}

type SentEvent = (i64, u8, &'static str, Vec<&'static str>);

#[derive(Debug, Clone, Copy)]
enum End {
    Settled,
    Unsettled,
    Unsent,
}

fn sent_event() -> impl Strategy<Value = SentEvent> {
    (0..ORDERS, 0..5_u8, select(&RESTAURANTS[..]), vec(select(&PRODUCTS[..]), 0..3))
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![3 => Just(End::Settled), 1 => Just(End::Unsettled), 1 => Just(End::Unsent)];
    prop_oneof![
        4 => (0..2_usize, vec(sent_event(), 1..5)).prop_map(|(replica, events)| Step::Batch(replica, events)),
        2 => (select(&USERS[..]), any::<bool>()).prop_map(|(user, is_there)| Step::User(user, is_there)),
        2 => (select(&RESTAURANTS[..]), vec(select(&PRODUCTS[..]), 0..4)).prop_map(|(id, menu)| Step::Restaurant(id, menu)),
        4 => (0..2_usize, end).prop_map(|(replica, end)| Step::Round(replica, end)),
    ]
}

fn records(events: &[SentEvent]) -> Vec<Record> {
    let record = |(order, minute, restaurant, products): &SentEvent| {
        record(*order, *minute, USERS[usize::try_from(*order).unwrap() % 2], restaurant, products)
    };
    events.iter().map(record).collect()
}

/// Acknowledged messages: for each order, its versions and their bytes.
#[derive(Debug, Default)]
struct Broker(BTreeMap<i64, HashMap<Version, Vec<u8>>>);

impl Broker {
    fn acknowledge(&mut self, messages: &[Message]) {
        for message in messages {
            let order = orders::enriched::read(Some(&message.value), None).unwrap();
            let first = self.0.entry(order.object_id).or_default().entry(order.version);
            assert_eq!(first.or_insert_with(|| message.value.clone()), &message.value, "a version is told in two ways");
        }
    }

    /// The newest version of each order.
    fn newest(&self) -> BTreeMap<i64, &Version> {
        self.0.iter().filter_map(|(order, versions)| Some((*order, versions.keys().max()?))).collect()
    }
}

async fn play(fixture: &Fixture, steps: Vec<Step>) -> anyhow::Result<()> {
    fixture.sql("TRUNCATE stg.order_events, stg.missing_names").await?;
    for id in USERS.iter().chain(&RESTAURANTS) {
        fixture.forget(id).await?;
    }
    let mut replicas = [fixture.processor(USUAL).await?, fixture.processor(USUAL).await?];
    let mut broker = Broker::default();
    let mut newest: BTreeMap<i64, Version> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Batch(replica, events) => {
                let processor = &mut replicas[replica];
                let read =
                    records(&events).iter().map(|record| processor.decode(record)).collect::<Result<Vec<_>, _>>();
                let events = read.map_err(|outcome| anyhow::anyhow!("{outcome:?}"))?;
                for event in &events {
                    let known = newest.entry(event.object_id).or_insert_with(|| event.version.clone());
                    *known = known.clone().max(event.version.clone());
                }
                broker.acknowledge(&processor.store(&events).await?.messages);
            }
            Step::User(id, true) => fixture.name_user(id).await?,
            Step::User(id, false) => fixture.forget(id).await?,
            Step::Restaurant(id, menu) => fixture.name_restaurant(id, &menu).await?,
            Step::Round(replica, end) => {
                let messages = replicas[replica].poll_outbox(3).await?.messages;
                match end {
                    End::Settled => {
                        broker.acknowledge(&messages);
                        replicas[replica].mark_sent().await?;
                    }
                    End::Unsettled => {
                        broker.acknowledge(&messages);
                        replicas[replica] = fixture.processor(USUAL).await?;
                    }
                    End::Unsent => replicas[replica] = fixture.processor(USUAL).await?,
                }
            }
        }
    }
    heal(fixture, &mut broker).await?;
    assert_eq!(broker.newest(), newest.iter().map(|(order, version)| (*order, version)).collect(), "what was sent");
    let differing = fixture.sql(AUDIT).await?;
    assert_eq!(differing, Vec::<String>::new());
    Ok(())
}

/// Adds all names and lets a fresh replica do the remaining work.
async fn heal(fixture: &Fixture, broker: &mut Broker) -> anyhow::Result<()> {
    for user in USERS {
        fixture.name_user(user).await?;
    }
    for restaurant in RESTAURANTS {
        fixture.name_restaurant(restaurant, &PRODUCTS).await?;
    }
    let mut last: Stg = fixture.processor(USUAL).await?;
    loop {
        let backlog = last.poll_outbox(3).await?;
        broker.acknowledge(&backlog.messages);
        last.mark_sent().await?;
        // A dropped connection holds its locks until the server notices.
        let is_idle = !backlog.more && the_dead_are_gone(fixture).await?;
        if is_idle {
            return Ok(());
        }
    }
}

/// Whether no backend of this database is in a transaction any more.
async fn the_dead_are_gone(fixture: &Fixture) -> anyhow::Result<bool> {
    let open = "SELECT pid::text FROM pg_stat_activity
                WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
                      AND backend_type = 'client backend'";
    Ok(fixture.sql(open).await?.is_empty())
}

/// Finds parked and unsent orders and missing names.
const AUDIT: &str = "SELECT 'parked ' || object_id FROM stg.order_events WHERE parked_at IS NOT NULL
    UNION ALL SELECT 'unsent ' || object_id FROM stg.order_events WHERE unsent
    UNION ALL SELECT 'released ' || object_id FROM stg.order_events WHERE released_at IS NOT NULL
    UNION ALL SELECT 'waits for ' || name_id FROM stg.missing_names";

/// Number of cases, unless `PROPTEST_CASES` is set: each has some forty transactions.
const CASES: u32 = 24;

#[test]
fn any_interleaving_ends_in_the_same_state() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fixture = runtime.block_on(Fixture::set())?;
    let cases = std::env::var("PROPTEST_CASES").map_or(Ok(CASES), |cases| cases.parse())?;
    let settings =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() };
    let all_goes =
        |steps| runtime.block_on(play(&fixture, steps)).map_err(|error| TestCaseError::fail(format!("{error:#}")));
    TestRunner::new(settings).run(&vec(step(), 1..25), all_goes)?;
    Ok(())
}
