//! Tests of repeated events: a stored event changes nothing.

use consumer::Outcome;
use dds::transform::{Changes, Vault};
use orders::keys;
use proptest::prelude::*;

use crate::{
    arrivals::arrivals,
    memory_database::MemoryDatabase,
    story::{closed, order},
};

/// Whether the changes contain only counters to publish.
fn changes_nothing(changes: &Changes<'_>) -> bool {
    let Changes { vault, new_states, changed_states, stale_hours, deltas, .. } = changes;
    *vault == Vault::default()
        && new_states.is_empty()
        && changed_states.is_empty()
        && stale_hours.is_empty()
        && deltas.products.is_empty()
        && deltas.categories.is_empty()
}

proptest! {
    #[test]
    fn a_replay_changes_nothing(arrivals in arrivals()) {
        let database = MemoryDatabase::loaded(&arrivals.batches);
        for batch in &arrivals.batches {
            let changes = database.transform(batch);
            prop_assert!(changes_nothing(&changes), "{:?}", changes);
            for (order, outcome) in batch.iter().zip(&changes.outcomes) {
                let state = &database.states[&keys::order(order.object_id)];
                let equal = order.version == state.version;
                prop_assert_eq!(outcome, if equal { &Outcome::Unchanged } else { &Outcome::Stale });
            }
        }
    }
}

#[test]
fn outcomes_follow_from_the_versions() {
    let chapter = closed(&[1]);
    let batch = [1, 1, 0, 2, 1].map(|version| order(0, version, &chapter));
    let expected = [Outcome::Stored, Outcome::Unchanged, Outcome::Stale, Outcome::Stored, Outcome::Stale];
    assert_eq!(MemoryDatabase::default().transform(&batch).outcomes, expected);
}

#[test]
fn a_new_state_stays_new_within_its_batch() {
    let batch = [order(0, 0, &closed(&[1])), order(0, 1, &closed(&[2]))];
    let changes = MemoryDatabase::default().transform(&batch);
    assert_eq!(changes.new_states.len(), 1);
    assert!(changes.changed_states.is_empty());
}
