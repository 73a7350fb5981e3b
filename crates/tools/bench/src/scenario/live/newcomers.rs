//! First orders of users: such a user can only be in the mart because of that order.

use std::collections::HashSet;

use serde::Deserialize;
use workload::source::Event;

use crate::stream::Order;

/// Users who have ordered so far.
#[derive(Debug, Default)]
pub(super) struct Newcomers(HashSet<String>);

impl Newcomers {
    /// Passes events on, and remembers whose they are.
    pub(super) fn meet(&mut self, events: impl Iterator<Item = Event>) -> impl Iterator<Item = Event> {
        events.inspect(|event| self.0.extend(user(event)))
    }

    /// Passes only the first order of each user on.
    pub(super) fn only(mut self, events: impl Iterator<Item = Event>) -> impl Iterator<Item = Order> {
        events.filter_map(move |event| {
            let user = user(&event)?;
            self.0.insert(user.clone()).then_some(Order { user, event })
        })
    }
}

/// The user of an event.
fn user(event: &Event) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        payload: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        user: User,
    }
    #[derive(Deserialize)]
    struct User {
        id: String,
    }
    let message: Message = serde_json::from_slice(event.value.as_deref()?).ok()?;
    Some(message.payload.user.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_orders_once() {
        let event = |user: &str| Event { value: Some(format!(r#"{{"payload":{{"user":{{"id":"{user}"}}}}}}"#).into()) };
        let mut newcomers = Newcomers::default();
        assert_eq!(newcomers.meet(["a", "b", "a"].map(event).into_iter()).count(), 3);
        let others = ["a", "c", "d", "b", "c"].map(event).into_iter().chain([Event { value: None }]);
        let users: Vec<String> = newcomers.only(others).map(|order| order.user).collect();
        assert_eq!(users, ["c", "d"]);
    }
}
