//! Subscribers: consumers, their subscriptions, and what their targets rejected.

use consumer::{Failure, Fault};

use super::problem::Problem;

pub(super) mod consumers;
pub(super) mod subscriptions;
pub(super) mod create;
pub(super) mod actions;
pub(super) mod rejections;

/// There is no such subscription.
fn no_subscription(id: &str) -> Problem {
    Problem::not_found(
        "subscription_not_found",
        format!("there is no subscription {id}; GET /api/v2/subscriptions lists all"),
    )
}

/// The number in a path. `None`: it is none, so nothing has it.
fn number(text: &str) -> Option<i32> {
    text.parse().ok()
}

/// A failure of a statement whose trigger applies the rules of subscriptions.
fn rejected(failure: Failure) -> Problem {
    match failure {
        // `name: 23514 text of the rule`
        Failure::InvalidData(error) => {
            let rule = error.split_once("23514 ").map_or(error.as_str(), |(_, rule)| rule);
            Problem::invalid("invalid_subscription", rule.split(", table ").next().unwrap_or(rule))
        }
        Failure::Dependency(error) if error.fault == Fault::Rejected("23505".to_owned()) => {
            let detail = "another current subscription has this target, destination and audience; end it first, or choose another name";
            Problem::conflict("subscription_exists", detail)
        }
        failure => failure.into(),
    }
}
