//! Generator of arrivals: the same events in any order, with repetitions, in any batches.

use orders::Enriched;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::story::{Chapter, order};

/// Events, and the batches in which they arrive.
#[derive(Debug, Clone)]
pub(crate) struct Arrivals {
    /// Every order, version by version.
    pub(crate) told: Vec<Vec<Enriched>>,
    /// All events, in microbatches.
    pub(crate) batches: Vec<Vec<Enriched>>,
}

impl Arrivals {
    /// The newest version of every order.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Enriched> {
        self.told.iter().filter_map(|versions| versions.last())
    }
}

/// One to five orders of up to six versions each, in any order of arrival without losses.
pub(crate) fn arrivals() -> impl Strategy<Value = Arrivals> {
    vec(vec(chapter(), 1..6), 1..6).prop_flat_map(|histories| {
        let told: Vec<Vec<Enriched>> = histories
            .iter()
            .enumerate()
            .map(|(number, chapters)| {
                chapters.iter().enumerate().map(|(version, chapter)| order(number, version, chapter)).collect()
            })
            .collect();
        let once: Vec<Enriched> = told.iter().flatten().cloned().collect();
        let all = vec(select(once.clone()), 0..8).prop_map(move |again| [once.clone(), again].concat());
        (Just(told), all.prop_shuffle(), vec(1..7_usize, 1..40))
            .prop_map(|(told, events, sizes)| Arrivals { told, batches: split(events, &sizes) })
    })
}

fn chapter() -> impl Strategy<Value = Chapter> {
    let status = select(vec!["CLOSED", "CLOSED", "CLOSED", "OPEN", "CANCELLED"]);
    // Few products and categories, so that orders share them and a product changes its category.
    let lines = vec((0..4_u8, 0..3_u8, 1..3_u8), 0..4);
    (status, 0..2_u8, 0..4_u8, lines).prop_map(|(status, cost, sent, lines)| Chapter { status, cost, sent, lines })
}

fn split(mut events: Vec<Enriched>, sizes: &[usize]) -> Vec<Vec<Enriched>> {
    let mut batches = Vec::new();
    for size in sizes.iter().cycle() {
        if events.is_empty() {
            break;
        }
        batches.push(events.drain(..events.len().min(*size)).collect());
    }
    batches
}
