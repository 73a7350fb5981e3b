//! Tests of order satellites: each row differs from the previous one and is later, and the last row equals the state.

use dds::transform::{Line, State};
use orders::{UtcMicros, keys};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    arrivals::arrivals,
    memory_database::MemoryDatabase,
    story::{Chapter, closed, order},
};

/// Rows of one satellite of one key, in the order they were written.
fn check_rows(rows: &[(UtcMicros, Uuid)], state: &State) -> Result<(), TestCaseError> {
    for pair in rows.windows(2) {
        prop_assert!(pair[0].0 < pair[1].0, "load_dt does not grow: {:?}", rows);
        prop_assert_ne!(pair[0].1, pair[1].1, "a row repeats the one before it");
    }
    prop_assert!(rows.last().is_none_or(|(load_dt, _)| *load_dt <= state.load_dt), "a row is later than the state");
    Ok(())
}

proptest! {
    #[test]
    fn each_row_is_later_than_the_previous_one_and_differs(arrivals in arrivals()) {
        let database = MemoryDatabase::loaded(&arrivals.batches);
        for (order_pk, state) in &database.states {
            let costs = &database.costs[order_pk];
            check_rows(&costs.iter().map(|row| (row.load_dt, row.hashdiff)).collect::<Vec<_>>(), state)?;
            prop_assert_eq!(costs.last().map(|row| (row.cost, row.payment)), Some((state.cost, state.payment)));

            let statuses = &database.statuses[order_pk];
            check_rows(&statuses.iter().map(|row| (row.load_dt, row.hashdiff)).collect::<Vec<_>>(), state)?;
            prop_assert_eq!(statuses.last().map(|row| &row.status), Some(&state.status));
        }
        for (link_pk, rows) in &database.lines {
            let (order_pk, product_pk) = database.order_products[link_pk];
            let state = &database.states[&order_pk];
            check_rows(&rows.iter().map(|row| (row.load_dt, row.hashdiff)).collect::<Vec<_>>(), state)?;
            let held = state.lines.iter().find(|line| line.product_pk == product_pk && line.is_held());
            prop_assert_eq!(rows.last().map(|row| row.line).filter(Line::is_held), held.copied());
        }
    }
}

fn database_after(chapters: &[Chapter]) -> MemoryDatabase {
    let batches = chapters.iter().enumerate().map(|(version, chapter)| vec![order(0, version, chapter)]);
    MemoryDatabase::loaded(&batches.collect::<Vec<_>>())
}

#[test]
fn a_change_and_its_reversal_give_three_rows() {
    let (one, two) = (closed(&[1]), Chapter { status: "CANCELLED", cost: 2, ..closed(&[2]) });
    let database = database_after(&[one.clone(), two, one]);
    let order_pk = keys::order(0);
    let costs: Vec<_> = database.costs[&order_pk].iter().map(|row| row.cost.to_string()).collect();
    assert_eq!(costs, ["1", "2", "1"]);
    let statuses: Vec<_> = database.statuses[&order_pk].iter().map(|row| row.status.as_str()).collect();
    assert_eq!(statuses, ["CLOSED", "CANCELLED", "CLOSED"]);
    let quantities = |product: &str| {
        let link_pk = keys::link(keys::Link::OrderProduct, order_pk, keys::product(product));
        database.lines[&link_pk].iter().map(|row| row.line.quantity).collect::<Vec<_>>()
    };
    assert_eq!(quantities("product 1"), [1, 0, 1]);
    assert_eq!(quantities("product 2"), [1, 0]);
}

#[test]
fn a_version_with_an_earlier_time_is_dated_a_microsecond_after_the_last() {
    let database = database_after(&[
        Chapter { sent: 5, ..closed(&[1]) },
        Chapter { sent: 3, cost: 2, ..closed(&[1]) },
        Chapter { sent: 9, cost: 3, ..closed(&[1]) },
    ]);
    let dates: Vec<_> = database.costs[&keys::order(0)].iter().map(|row| row.load_dt.to_string()).collect();
    assert_eq!(dates, ["2026-03-02 12:05:00", "2026-03-02 12:05:00.000001", "2026-03-02 12:09:00"]);
}

#[test]
fn lines_with_one_product_are_one_row() {
    let database = database_after(&[Chapter { lines: vec![(1, 1, 2), (2, 2, 1), (1, 3, 5)], ..closed(&[]) }]);
    let link_pk = keys::link(keys::Link::OrderProduct, keys::order(0), keys::product("product 1"));
    let rows = &database.lines[&link_pk];
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].line.quantity, rows[0].line.amount.to_string()), (7, "3.5".to_owned()));
    assert_eq!(rows[0].line.category_pk, keys::category("category 1"));
}
