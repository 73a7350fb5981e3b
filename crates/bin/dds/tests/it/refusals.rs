//! Tests of rejected orders: each is rejected alone, and other orders are not affected.

use consumer::Outcome;
use serde_json::json;

use crate::{
    memory_database::MemoryDatabase,
    story::{closed, message, order, read},
};

fn reasons(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::DeadLetter(rejection) => rejection.reason,
            other => other.label(),
        })
        .collect()
}

#[test]
fn an_order_keeps_its_first_user() {
    let mut stolen = message(0, 9, &closed(&[2]));
    stolen["payload"]["user"]["id"] = json!("somebody else");
    let (mine, other) = (order(0, 0, &closed(&[1])), order(2, 0, &closed(&[1])));

    let in_one_batch = [mine.clone(), read(&stolen), other.clone()];
    let changes = MemoryDatabase::default().transform(&in_one_batch);
    assert_eq!(reasons(&changes.outcomes), ["stored", "user-changed", "stored"]);

    let mut database = MemoryDatabase::loaded(&[vec![mine.clone()]]);
    let batch = [read(&stolen), other.clone()];
    let changes = database.transform(&batch);
    assert_eq!(reasons(&changes.outcomes), ["user-changed", "stored"]);
    database.apply(changes);
    assert_eq!(database, MemoryDatabase::loaded(&[vec![mine, other]]));
}

#[test]
fn an_order_whose_lines_exceed_the_maximum_is_rejected() {
    // The decoder rejects such an order; the transformation does not rely on it.
    let mut huge = order(0, 0, &closed(&[1, 1]));
    huge.products[0].quantity = i64::MAX;
    let batch = [huge, order(2, 0, &closed(&[1]))];
    let changes = MemoryDatabase::default().transform(&batch);
    assert_eq!(reasons(&changes.outcomes), ["out-of-range", "stored"]);
    assert_eq!(changes.new_states.len(), 1);
}
