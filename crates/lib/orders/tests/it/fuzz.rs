//! Fuzzing: one target for each kind of message.
//!
//! A target parses arbitrary bytes, arbitrary JSON, and good messages changed in up to four places. No input causes a
//! panic. The same input has the same result. Accepted input fits its columns, is unchanged after being written and
//! read again, and is accepted by the next layer as well. Rejected input has a listed reason, and its error contains no
//! name.
//!
//! A few hundred cases run with all other tests. For a long run: `FUZZ_CASES=1000000 cargo test --release -p orders
//! --test it fuzz`. A failing case is minimized and stored in `proptest-regressions`, and every later run tries it
//! first.

use std::{collections::BTreeSet, env, fmt::Debug};

use orders::{Enriched, Product, Restaurant, Unusable, User, counters, enriched, envelope, event};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};

use crate::values::json;

mod spoilt;
mod columns;

/// A person's name that every good message contains and no error may contain.
pub(crate) const NAME: &str = "Котова";

/// All reasons of dead letters that a reader may return.
const REASONS: [&str; 7] =
    ["not-json", "missing-field", "wrong-type", "out-of-range", "bad-date", "bad-text", "from-the-future"];

/// All kinds of skipped records.
const KINDS: [&str; 4] = ["envelope", "tombstone", "other-type", "untyped"];

fn config() -> Config {
    let cases = env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: cases.unwrap_or(256), ..Config::default() }
}

/// Arbitrary bytes: mostly those of a changed good message of this kind.
fn input(kind: &'static str) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => any::<Vec<u8>>(),
        2 => json().prop_map(|value| value.to_string().into_bytes()),
        17 => spoilt::message(kind),
    ]
}

/// The timestamp of a record; rarely an implausible one.
fn written_at() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![6 => Just(None), 6 => Just(Some(1_773_057_704_000)), 1 => any::<i64>().prop_map(Some)]
}

/// The result of parsing, the same twice. `None` if the input was rejected with a listed reason.
fn read<T: Debug + PartialEq>(
    value: &[u8],
    written_at: Option<i64>,
    read: impl Fn(Option<&[u8]>, Option<i64>) -> Result<T, Unusable>,
) -> Result<Option<T>, TestCaseError> {
    let verdict = read(Some(value), written_at);
    prop_assert_eq!(&verdict, &read(Some(value), written_at), "another verdict");
    match verdict {
        Ok(accepted) => Ok(Some(accepted)),
        Err(Unusable::Ignored(kind)) => {
            prop_assert!(KINDS.contains(&kind), "{kind}");
            Ok(None)
        }
        Err(Unusable::Malformed(malformed)) => {
            prop_assert!(REASONS.contains(&malformed.reason), "{}", malformed.reason);
            prop_assert!(!malformed.error.contains(NAME) && malformed.error.len() < 200, "{}", malformed.error);
            Ok(None)
        }
    }
}

/// The event with names, as STG publishes it.
fn named(event: &event::Event) -> Enriched {
    let product = |item: &event::Item| Product {
        id: item.id.clone(),
        price: item.price,
        quantity: item.quantity,
        name: item.name.clone(),
        category: "Роллы".to_owned(),
    };
    let restaurant = Restaurant { id: event.restaurant_id.clone(), name: "Кофейня".to_owned() };
    let user = User { id: event.user_id.clone(), name: NAME.to_owned(), login: String::new() };
    Enriched::new(event, event.sent_at, restaurant, user, event.items.iter().map(product).collect())
}

proptest! {
    #![proptest_config(config())]

    /// The order in an envelope equals the order itself: the same event, with the same payload byte for byte, and so
    /// the same version.
    #[test]
    fn an_event_in_an_envelope_equals_the_event(value in input("events")) {
        let _ = envelope::open(&value);
        let Ok(event) = event::read(Some(&value), None) else { return Ok(()) };
        let text = String::from_utf8(value).unwrap();
        let string = serde_json::to_string(&text).unwrap();
        for inner in [text, string] {
            for wrapped in [
                format!(r#"{{"schema": {{}}, "payload": {inner}}}"#),
                format!(r#"{{"before": null, "after": {inner}, "op": "u"}}"#),
                format!(r#"{{"payload": {{"after": {inner}, "op": "u"}}}}"#),
                format!(r#"{{"specversion": "1.0", "data": {inner}}}"#),
            ] {
                let opened = envelope::open(wrapped.as_bytes()).unwrap();
                prop_assert_eq!(&event::read(Some(&opened), None), &Ok(event.clone()), "{}", wrapped);
            }
        }
    }

    #[test]
    fn any_accepted_event_fits_its_columns(value in input("events"), written_at in written_at()) {
        let Some(event) = read(&value, written_at, event::read)? else { return Ok(()) };
        columns::check_event(&event)?;
        let order = named(&event);
        let sent_on = order.write().unwrap();
        prop_assert_eq!(enriched::read(Some(sent_on.as_bytes()), written_at), Ok(order), "the next layer");
        let stored = event.clone();
        let restored = event::restore(stored.object_id, stored.sent_at, stored.payload, stored.version);
        prop_assert_eq!(restored, Ok(event), "restored");
    }

    #[test]
    fn any_accepted_enriched_order_fits_its_columns(value in input("enriched"), written_at in written_at()) {
        let Some(order) = read(&value, written_at, enriched::read)? else { return Ok(()) };
        columns::check_order(&order)?;
        let written = order.write().unwrap();
        prop_assert_eq!(enriched::read(Some(written.as_bytes()), written_at), Ok(order));
    }

    #[test]
    fn any_accepted_counters_fit_their_columns(value in input("counters"), written_at in written_at()) {
        let Some(read) = read(&value, written_at, counters::read)? else { return Ok(()) };
        columns::check_counters(&read)?;
        prop_assert_eq!(counters::read(Some(read.write().as_bytes()), Some(1)), Ok(read));
    }
}

/// Checks that a run was useful: enough input passes the first check, and enough is rejected.
#[test]
fn the_generated_input_covers_acceptance_and_most_reasons() {
    let mut runner = TestRunner::deterministic();
    for (kind, most) in [("events", 6), ("enriched", 6), ("counters", 4)] {
        let (mut accepted, mut reasons) = (0, BTreeSet::new());
        let inputs = input(kind);
        for _ in 0..2000 {
            let value = inputs.new_tree(&mut runner).unwrap().current();
            let written_at = Some(1_773_057_704_000);
            let verdict = match kind {
                "events" => event::read(Some(&value), written_at).map(drop),
                "enriched" => enriched::read(Some(&value), written_at).map(drop),
                _ => counters::read(Some(&value), written_at).map(drop),
            };
            match verdict {
                Ok(()) => accepted += 1,
                Err(Unusable::Malformed(malformed)) => drop(reasons.insert(malformed.reason)),
                Err(Unusable::Ignored(_)) => {}
            }
        }
        assert!((400..1600).contains(&accepted), "{kind}: {accepted} of 2000 are accepted");
        assert!(reasons.len() >= most, "{kind}: {reasons:?}");
    }
}
