//! Tests of the plan: examples, and properties of any sequence of wishes at any instants.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A row of the table, kept as the statements keep it.
#[derive(Debug, Clone)]
struct Stored {
    id: i64,
    segment_id: i32,
    start: i64,
    end: i64,
    is_closed: bool,
}

/// The table and the rows as they were when they were closed.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Stored>,
}

const INFINITY: i64 = i64::MAX;

impl Table {
    fn state(&self, now: i64) -> State {
        let pairs = (1..=3).map(|segment_id| {
            let of_pair = || self.rows.iter().filter(move |row| row.segment_id == segment_id);
            let open = of_pair().find(|row| !row.is_closed).map(|row| Open {
                id: row.id,
                start: at(row.start),
                end: at(row.end),
                by_refresh: false,
            });
            let closed = of_pair().filter(|row| row.is_closed && row.end > row.start);
            Pair { segment: segment(segment_id), open, last_end: closed.map(|row| at(row.end)).max() }
        });
        State { user: Some(user(Status::Active)), pairs: pairs.collect(), now: at(now) }
    }

    /// Does what the statements do. Returns an error where PostgreSQL would.
    fn apply(&mut self, plan: &Plan) -> Result<(), String> {
        for (id, end) in plan.expire.values().chain(plan.close.values()) {
            let row = self.open_row(*id)?;
            (row.end, row.is_closed) = (end.micros(), true);
        }
        for (id, end) in plan.set_end.values() {
            self.open_row(*id)?.end = end.micros();
        }
        for Opening { segment_id, start, end } in plan.open.iter().copied() {
            let (id, start, end) = (self.rows.len() as i64, start.micros(), end.micros());
            let is_closed = end <= start;
            if !is_closed && self.rows.iter().any(|row| row.segment_id == segment_id && !row.is_closed) {
                return Err(format!("segment {segment_id} has two open rows"));
            }
            self.rows.push(Stored { id, segment_id, start, end, is_closed });
        }
        Ok(())
    }

    fn open_row(&mut self, id: i64) -> Result<&mut Stored, String> {
        let row = self.rows.iter_mut().find(|row| row.id == id).ok_or("no such row")?;
        if row.is_closed { Err(format!("row {id} is closed")) } else { Ok(row) }
    }

    fn members(&self, instant: i64) -> Vec<i32> {
        let mut members: Vec<i32> = self
            .rows
            .iter()
            .filter(|row| row.start <= instant && instant < row.end)
            .map(|row| row.segment_id)
            .collect();
        members.sort_unstable();
        members
    }
}

fn at(micros: i64) -> PgTimestamp {
    PgTimestamp::from_micros(micros)
}

fn user(status: Status) -> User {
    User { id: 1, guid: Uuid::nil(), status }
}

fn segment(id: i32) -> Segment {
    Segment { id, name: format!("S{id}"), is_alive: true, refresh_auto: false, is_tag: false }
}

/// Steps: time that passes, and a wish. A negative end is infinity.
fn steps() -> impl Strategy<Value = Vec<(i64, i32, bool, i64)>> {
    prop::collection::vec((-3_i64..10, 1..=3_i32, any::<bool>(), -5_i64..30), 1..40)
}

proptest! {
    #[test]
    fn rows_of_a_pair_never_overlap_and_the_past_never_changes(steps in steps()) {
        let mut table = Table::default();
        let mut now = 1000;
        // By segment, the end of the membership, as a map would keep it.
        let mut model = BTreeMap::new();
        let mut snapshots = Vec::new();
        for (passes, segment_id, joins, length) in steps {
            now += passes.max(0);
            let end = if length < 0 { INFINITY } else { now + length - 5 };
            let wish = if joins { Wish::Join { segment_id, end: at(end) } } else { Wish::Leave { segment_id } };
            let plan = plan(&table.state(now), &[wish]);
            table.apply(&plan).map_err(TestCaseError::fail)?;
            if joins { model.insert(segment_id, end) } else { model.remove(&segment_id) };
            let members: Vec<i32> = model.iter().filter(|(_, end)| now < **end).map(|(id, _)| *id).collect();
            prop_assert_eq!(&table.members(now), &members);
            snapshots.push((now, members));
        }
        // As of any past instant, the last change at that instant counts.
        for (index, (instant, members)) in snapshots.iter().enumerate() {
            let is_last = snapshots.get(index + 1).is_none_or(|(next, _)| next > instant);
            if is_last {
                prop_assert_eq!(&table.members(*instant), members, "as of {}", instant);
            }
        }
        for row in &table.rows {
            let overlap = table.rows.iter().find(|other| {
                other.id != row.id && other.segment_id == row.segment_id && row.end > row.start && other.end > other.start
                    && other.start < row.end && row.start < other.end
            });
            prop_assert!(overlap.is_none(), "{:?} overlaps {:?}", row, overlap);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_overlap(steps in steps()) {
        let mut table = Table::default();
        let mut now = 1000;
        for (passes, segment_id, joins, length) in steps {
            now += passes;
            let end = if length < 0 { INFINITY } else { now + length };
            let wish = if joins { Wish::Join { segment_id, end: at(end) } } else { Wish::Leave { segment_id } };
            table.apply(&plan(&table.state(now), &[wish])).map_err(TestCaseError::fail)?;
            for row in table.rows.iter().filter(|row| row.end > row.start) {
                let others = table.rows.iter().filter(|other| other.id != row.id && other.segment_id == row.segment_id);
                prop_assert!(others.filter(|other| other.end > other.start).all(|other| other.start >= row.end || row.start >= other.end));
            }
        }
    }
}

#[test]
fn what_no_request_may_change_is_not_changed() {
    let open = Open { id: 1, start: at(0), end: PgTimestamp::INFINITY, by_refresh: true };
    let managed = Segment { refresh_auto: true, ..segment(1) };
    let deleted = Segment { is_alive: false, ..segment(1) };
    let wishes =
        [Wish::Leave { segment_id: 1 }, Wish::Join { segment_id: 1, end: at(50) }, Wish::Leave { segment_id: 2 }];
    for (kept, status) in [(managed, Status::Active), (deleted, Status::Active), (segment(1), Status::Removed)] {
        let pairs = vec![Pair { segment: kept, open: Some(open.clone()), last_end: None }];
        let state = State { user: Some(user(status)), pairs, now: at(10) };
        for wish in wishes {
            assert_eq!(plan(&state, &[wish]), Plan::default());
        }
    }
}

#[test]
fn a_row_of_a_refresh_in_a_segment_that_is_no_longer_refreshed_can_end() {
    let open = Open { id: 1, start: at(0), end: PgTimestamp::INFINITY, by_refresh: true };
    let pairs = vec![Pair { segment: segment(1), open: Some(open), last_end: None }];
    let state = State { user: Some(user(Status::Active)), pairs, now: at(10) };
    let plan = plan(&state, &[Wish::Leave { segment_id: 1 }]);
    assert_eq!(plan.close, BTreeMap::from([(1, (1, at(10)))]));
}
