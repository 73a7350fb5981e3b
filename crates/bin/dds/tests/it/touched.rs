//! Tests of touched counters: every counter that a batch mentions is published, because a crash may have prevented it
//! before.

use std::collections::BTreeSet;

use dds::transform::Changes;
use orders::{Enriched, keys};
use proptest::prelude::*;

use crate::{
    arrivals::arrivals,
    memory_database::MemoryDatabase,
    story::{closed, order},
};

/// Every counter that the changes touch is mentioned by `mentioning`.
fn check_covers(mentioning: &Changes, changes: &Changes) -> Result<(), TestCaseError> {
    let (products, categories) = (&changes.deltas.products, &changes.deltas.categories);
    prop_assert!(products.keys().all(|pair| mentioning.touched.products.contains(pair)));
    prop_assert!(categories.keys().all(|pair| mentioning.touched.categories.contains(pair)));
    Ok(())
}

fn products(order: &Enriched) -> BTreeSet<(uuid::Uuid, uuid::Uuid)> {
    let user_pk = keys::user(&order.user.id);
    order.products.iter().map(|product| (user_pk, keys::product(&product.id))).collect()
}

proptest! {
    #[test]
    fn a_batch_repeated_after_a_crash_publishes_the_same_counters(arrivals in arrivals()) {
        let mut database = MemoryDatabase::default();
        for batch in &arrivals.batches {
            let first = database.transform(batch);
            check_covers(&first, &first)?;
            database.apply(database.transform(batch));
            check_covers(&database.transform(batch), &first)?;
        }
    }

    #[test]
    fn every_record_touches_all_counters_its_order_ever_had(arrivals in arrivals()) {
        let database = MemoryDatabase::loaded(&arrivals.batches);
        for order in arrivals.told.iter().flatten() {
            let touched = database.transform(std::slice::from_ref(order)).touched;
            let state = &database.states[&keys::order(order.object_id)];
            let ever = state.lines.iter();
            prop_assert!(ever.clone().all(|line| touched.products.contains(&(state.user_pk, line.product_pk))));
            prop_assert!(ever.clone().all(|line| touched.categories.contains(&(state.user_pk, line.category_pk))));
            prop_assert!(products(order).is_subset(&touched.products));
        }
    }
}

#[test]
fn a_removed_line_is_still_touched() {
    let database = MemoryDatabase::loaded(&[vec![order(0, 0, &closed(&[1, 2]))], vec![order(0, 1, &closed(&[1]))]]);
    let gone = (keys::user("user 0"), keys::product("product 2"));
    assert_eq!(database.products[&gone], 0);
    for version in [0, 1] {
        let batch = [order(0, version, &closed(&[1]))];
        let touched = database.transform(&batch).touched;
        assert!(touched.products.contains(&gone), "version {version}");
        assert!(touched.categories.contains(&(gone.0, keys::category("category 2"))), "version {version}");
    }
}

#[test]
fn touched_counters_have_their_business_keys() {
    let batch = [order(1, 0, &closed(&[1]))];
    let touched = MemoryDatabase::default().transform(&batch).touched;
    assert_eq!(touched.user_ids[&keys::user("user 1")], "user 1");
    assert_eq!(touched.product_ids[&keys::product("product 1")], "product 1");
    assert_eq!(touched.category_names[&keys::category("category 1")], "category 1");
}
