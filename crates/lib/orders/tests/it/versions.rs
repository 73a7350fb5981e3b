//! Versions sort as the tuple of the contract does, and as their bytes do.

use orders::{Event, canonical, event, status};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use crate::{
    samples::{self, with},
    values::moment,
};

const STATUSES: &[&str] = &["OPEN", "COOKING", "DELIVERING", "CLOSED", "CANCELLED", "ВОЗВРАТ", "closed"];

prop_compose! {
    /// An event that shares most parts of its version with many others.
    fn message()(
        sent in moment(), updated in proptest::option::of(moment()), status in select(STATUSES),
        statuses in vec(select(STATUSES), 0..12), note in 0..2,
    ) -> Value {
        let statuses: Vec<_> = statuses.iter().map(|status| json!({"status": status})).collect();
        let message = with(samples::event(), "/sent_dttm", json!(sent));
        let message = with(message, "/payload/update_ts", json!(updated));
        let message = with(message, "/payload/final_status", json!(status));
        let message = with(message, "/payload/statuses", json!(statuses));
        with(message, "/payload/note", json!(note))
    }
}

fn read(message: &Value) -> Event {
    event::read(Some(message.to_string().as_bytes()), None).unwrap()
}

/// The tuple of the contract.
fn age(message: &Value) -> impl Ord + use<> {
    let Event { updated_at, sent_at, status, .. } = read(message);
    let statuses = message["payload"]["statuses"].as_array().unwrap().len();
    (
        updated_at.unwrap_or(sent_at),
        sent_at,
        status::rank(&status),
        statuses,
        canonical::digest(&message["payload"].to_string()).unwrap(),
    )
}

proptest! {
    #[test]
    fn versions_are_ordered_by_the_contract_and_by_their_bytes(left in message(), right in message()) {
        let (a, b) = (read(&left).version, read(&right).version);
        prop_assert_eq!(a.cmp(&b), age(&left).cmp(&age(&right)));
        prop_assert_eq!(a.cmp(&b), a.as_str().as_bytes().cmp(b.as_str().as_bytes()));
        prop_assert_eq!(a.as_str().len(), b.as_str().len());
    }

    #[test]
    fn the_same_event_sent_again_has_the_same_version(message in message()) {
        let pretty = serde_json::to_string_pretty(&message).unwrap();
        let again = event::read(Some(pretty.as_bytes()), Some(i64::MAX)).unwrap();
        prop_assert_eq!(again.version, read(&message).version);
    }
}
