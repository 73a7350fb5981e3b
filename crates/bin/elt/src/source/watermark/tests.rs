//! Tests of the watermark.

use std::time::Duration;

use proptest::prelude::*;

use super::{BEGINNING, FullRead, Seen, Server, Snapshot, Watermark};

const SECOND: i64 = 1_000_000;
const LAG: Duration = Duration::from_secs(60);

fn server() -> Server {
    Server { system: "7".to_owned(), timeline: 1, database: 5 }
}

fn snapshot(xmin: u64, xmax: u64, clock: i64) -> Snapshot {
    Snapshot { server: server(), xmin, xmax, clock: clock * SECOND }
}

fn after(snapshots: &[(Snapshot, i64)]) -> Watermark {
    let mut watermark = Watermark::default();
    for (snapshot, seen) in snapshots {
        watermark.add(snapshot, Seen::Column(Some(seen * SECOND)), snapshot.clock);
    }
    watermark
}

#[test]
fn the_first_bound_is_the_beginning() {
    assert_eq!(Watermark::default().bound(LAG), BEGINNING);
    assert_eq!(Watermark::default().full_read(&snapshot(1, 1, 1)), Some(FullRead::First));
}

#[test]
fn the_bound_is_behind_by_the_lag_and_catches_up_while_nothing_is_new() {
    let first = (snapshot(10, 10, 1000), 990);
    assert_eq!(after(std::slice::from_ref(&first)).bound(LAG), 930 * SECOND);
    assert_eq!(after(&[first.clone(), (snapshot(10, 10, 1020), 990)]).bound(LAG), 950 * SECOND);
    assert_eq!(after(&[first, (snapshot(10, 10, 1500), 990)]).bound(LAG), 990 * SECOND);
}

#[test]
fn the_bound_waits_for_a_transaction_that_is_open() {
    let open = [(snapshot(10, 10, 1000), 990), (snapshot(10, 12, 1300), 1290), (snapshot(10, 15, 1600), 1590)];
    assert_eq!(after(&open).bound(LAG), 930 * SECOND);
    let ended = [&open[..], &[(snapshot(15, 15, 1900), 1590)]].concat();
    assert_eq!(after(&ended).bound(LAG), 1590 * SECOND);
}

#[test]
fn a_value_in_the_future_does_not_move_the_watermark_past_the_clock() {
    let mut watermark = Watermark::default();
    watermark.add(&snapshot(10, 10, 1000), Seen::Column(Some(1000 * SECOND)), 500 * SECOND);
    assert_eq!(watermark.entries[0].value, 500 * SECOND);
}

#[test]
fn nothing_seen_is_the_beginning_and_no_cursor_is_the_clock() {
    let mut watermark = Watermark::default();
    watermark.add(&snapshot(10, 10, 1000), Seen::Column(None), 1000 * SECOND);
    assert_eq!(watermark.bound(LAG), BEGINNING);
    watermark.add(&snapshot(10, 10, 1300), Seen::Clock, 1300 * SECOND);
    assert_eq!(watermark.bound(LAG), 1240 * SECOND);
}

#[test]
fn another_database_is_read_in_full() {
    let watermark = after(&[(snapshot(10, 10, 1000), 990)]);
    let with = |change: fn(&mut Snapshot)| {
        let mut other = snapshot(11, 11, 1300);
        change(&mut other);
        watermark.full_read(&other)
    };
    assert_eq!(with(|_| ()), None);
    assert_eq!(with(|other| other.server.system = "8".to_owned()), Some(FullRead::OtherSystem));
    assert_eq!(with(|other| other.server.timeline = 2), Some(FullRead::OtherTimeline));
    assert_eq!(with(|other| other.server.database = 6), Some(FullRead::OtherDatabase));
    assert_eq!(with(|other| other.xmax = 9), Some(FullRead::LowerTransactionId));
}

#[test]
fn entries_of_another_database_are_dropped() {
    let mut watermark = after(&[(snapshot(10, 10, 1000), 990)]);
    let mut other = snapshot(3, 5, 1300);
    other.server.database = 6;
    watermark.add(&other, Seen::Column(Some(1200 * SECOND)), other.clock);
    assert_eq!(watermark.entries.len(), 1);
    assert_eq!(watermark.bound(LAG), BEGINNING, "a transaction is open that began before");
}

#[test]
fn a_watermark_held_back_for_an_hour_is_reported() {
    let mut watermark = after(&[(snapshot(10, 12, 1000), 990)]);
    assert_eq!(watermark.held_back(), None);
    watermark.add(&snapshot(10, 15, 4700), Seen::Column(None), 4700 * SECOND);
    assert_eq!(watermark.held_back(), Some(3700 * SECOND));
}

#[test]
fn entries_are_bounded_and_the_oldest_that_counts_stays() {
    let mut watermark = after(&[(snapshot(10, 10, 0), 0), (snapshot(10, 12, 10), 5)]);
    for cycle in 1..1000 {
        watermark.add(
            &snapshot(11, 12 + cycle, 10 + 300 * i64::try_from(cycle).unwrap()),
            Seen::Column(None),
            i64::MAX,
        );
    }
    assert!(watermark.entries.len() <= 64);
    assert_eq!(watermark.entries[0].xmax, 10);
}

/// A transaction: when it begins, when it writes (and so gets its id), when it commits. Seconds.
#[derive(Clone, Debug)]
struct Writer {
    began: i64,
    wrote: i64,
    committed: i64,
}

fn writer() -> impl Strategy<Value = Writer> {
    (0..3000_i64, 0..50_i64, prop_oneof![0..5_i64, 0..2000_i64]).prop_map(|(began, pause, open)| Writer {
        began,
        wrote: began + pause,
        committed: began + pause + open,
    })
}

/// The rows that no cycle reads although they are visible, with the bound that `bound` computes.
fn missed(mut writers: Vec<Writer>, cycles: &[i64], ahead: i64, bound: impl Fn(&Watermark) -> i64) -> Vec<Writer> {
    writers.sort_by_key(|writer| writer.wrote);
    let mut read = vec![false; writers.len()];
    let mut watermark = Watermark::default();
    for &now in cycles {
        let begun = writers.iter().take_while(|writer| writer.wrote <= now).count();
        let xmin = writers[..begun].iter().position(|writer| writer.committed > now).unwrap_or(begun);
        let stamp = |writer: &Writer| (writer.began + ahead) * SECOND;
        let from = bound(&watermark);
        for (writer, read) in writers.iter().zip(&mut read) {
            *read |= writer.committed <= now && stamp(writer) > from;
        }
        let local = now * SECOND;
        let seen =
            writers.iter().filter(|writer| writer.committed <= now).map(stamp).filter(|seen| *seen <= local).max();
        watermark.add(
            &Snapshot { server: server(), xmin: xmin as u64, xmax: begun as u64, clock: local },
            Seen::Column(seen),
            local,
        );
    }
    writers.into_iter().zip(read).filter(|(_, read)| !read).map(|(writer, _)| writer).collect()
}

fn history() -> impl Strategy<Value = (Vec<Writer>, Vec<i64>)> {
    let cycles = prop::collection::vec(1..400_i64, 1..30).prop_map(|gaps| {
        let mut now = 0;
        let times = gaps.into_iter().map(|gap| {
            now += gap;
            now
        });
        times.chain([20_000, 20_001]).collect()
    });
    (prop::collection::vec(writer(), 0..60), cycles)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_late_commit_is_missed(
        (writers, cycles) in history(),
        ahead in prop_oneof![Just(0), Just(-10_800), Just(10_800)],
    ) {
        let missed = missed(writers, &cycles, ahead, |watermark| watermark.bound(LAG));
        prop_assert!(missed.is_empty(), "{missed:?}");
    }
}

#[test]
fn with_the_lag_alone_a_late_commit_is_missed() {
    let writers = vec![
        Writer { began: 100, wrote: 100, committed: 700 },
        Writer { began: 290, wrote: 290, committed: 291 },
        Writer { began: 590, wrote: 590, committed: 591 },
    ];
    let cycles = [300, 600, 900, 1200];
    let lag_alone = |watermark: &Watermark| {
        watermark.entries.last().map_or(BEGINNING, |entry| entry.value - i64::try_from(LAG.as_micros()).unwrap())
    };
    assert_eq!(missed(writers.clone(), &cycles, 0, lag_alone).len(), 1);
    assert!(missed(writers, &cycles, 0, |watermark| watermark.bound(LAG)).is_empty());
}
