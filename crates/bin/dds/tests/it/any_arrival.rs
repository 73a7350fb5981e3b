//! Property tests of the transformation: in any order of arrival, the same events give the same states and counters.

use dds::transform::{Line, State};
use orders::{Amount, Version, keys};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    arrivals::{Arrivals, arrivals},
    memory_database::MemoryDatabase,
    recount,
    story::order,
};

/// An order without its history: `load_dt` and lines once held tell which versions came by.
type Now = (Uuid, Version, Uuid, Uuid, String, Amount, Amount, Vec<Line>);

fn now(database: &MemoryDatabase) -> Vec<Now> {
    let states = database.states.iter();
    states
        .map(|(order_pk, state)| {
            let State { version, user_pk, restaurant_pk, status, cost, payment, lines, .. } = state.clone();
            let held = lines.into_iter().filter(Line::is_held).collect();
            (*order_pk, version, user_pk, restaurant_pk, status, cost, payment, held)
        })
        .collect()
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_orders(arrivals in arrivals()) {
        let newest: Vec<_> = arrivals.newest().cloned().map(|order| vec![order]).collect();
        prop_assert_eq!(now(&MemoryDatabase::loaded(&arrivals.batches)), now(&MemoryDatabase::loaded(&newest)));
    }

    #[test]
    fn counters_are_those_of_the_newest_versions(arrivals in arrivals()) {
        let database = MemoryDatabase::loaded(&arrivals.batches);
        let expected = recount::messages(arrivals.newest());
        prop_assert_eq!(recount::counters(&database), expected.clone());
        prop_assert_eq!(recount::states(&database), expected.clone());
        prop_assert_eq!(recount::vault(&database), expected);
    }

    #[test]
    fn counters_are_correct_after_every_batch(arrivals in arrivals()) {
        let mut database = MemoryDatabase::default();
        for batch in &arrivals.batches {
            let changes = database.transform(batch);
            database.apply(changes);
            prop_assert_eq!(recount::counters(&database), recount::states(&database));
            prop_assert_eq!(recount::counters(&database), recount::vault(&database));
        }
    }

    #[test]
    fn the_division_into_batches_does_not_change_the_result(arrivals in arrivals()) {
        let one_by_one: Vec<_> = arrivals.batches.iter().flatten().map(|order| vec![order.clone()]).collect();
        let all_at_once = vec![arrivals.batches.concat()];
        let database = MemoryDatabase::loaded(&arrivals.batches);
        prop_assert_eq!(&database, &MemoryDatabase::loaded(&one_by_one));
        prop_assert_eq!(&database, &MemoryDatabase::loaded(&all_at_once));
    }
}

#[test]
fn the_model_counts_closed_orders() {
    let closed = crate::story::closed(&[1, 2]);
    let told = vec![vec![order(0, 0, &closed)], vec![order(2, 0, &closed)]];
    let arrivals = Arrivals { batches: told.clone(), told };
    let counted = recount::counters(&MemoryDatabase::loaded(&arrivals.batches));
    assert_eq!(counted, recount::messages(arrivals.newest()));
    assert_ne!(counted, recount::Count::default());
    assert!(MemoryDatabase::loaded(&arrivals.batches).products.values().all(|count| *count == 2));
    assert!(MemoryDatabase::loaded(&arrivals.batches).states.contains_key(&keys::order(2)));
}
