//! Selection of users whose tags may change because a counter has changed. Pure.

use std::collections::{BTreeSet, HashMap};

use orders::tags::Subject;
use uuid::Uuid;

/// A rule in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: i64,
    /// Whether it counts a product or a category.
    pub subject: Subject,
    /// Hub key of the product or category.
    pub subject_id: Uuid,
    /// Minimum number of orders.
    pub threshold: i32,
    /// The tag that the user gets.
    pub tag: String,
}

/// The value of a counter after the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterChange {
    /// Hub key of the user.
    pub user_id: Uuid,
    /// Product or category.
    pub subject: Subject,
    /// Hub key of the product or category.
    pub subject_id: Uuid,
    /// Number of orders.
    pub order_cnt: i32,
}

/// Users and rules, sorted so that replicas lock in the same order.
pub type Pairs = BTreeSet<(Uuid, i64)>;

/// The tags that users hold, by user and rule.
pub type CurrentTags = HashMap<(Uuid, i64), String>;

/// The users whose tag differs from what a rule gives for their counter. Most batches have none: few users are about to
/// cross a threshold.
#[must_use]
pub fn due(changes: &[CounterChange], rules: &[Rule], current_tags: &CurrentTags) -> Pairs {
    let mut by_subject = HashMap::<_, Vec<&Rule>>::new();
    for rule in rules {
        by_subject.entry((rule.subject, rule.subject_id)).or_default().push(rule);
    }
    let mut pairs = Pairs::new();
    for counter in changes {
        for rule in by_subject.get(&(counter.subject, counter.subject_id)).into_iter().flatten() {
            let is_due = counter.order_cnt >= rule.threshold;
            let pair = (counter.user_id, rule.id);
            if current_tags.get(&pair) != is_due.then_some(&rule.tag) {
                pairs.insert(pair);
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Uuid = Uuid::from_u128(1);
    const PIZZA: Uuid = Uuid::from_u128(2);

    fn rule(id: i64, threshold: i32) -> Rule {
        Rule { id, subject: Subject::Category, subject_id: PIZZA, threshold, tag: format!("tag {id}") }
    }

    fn changes(order_cnt: i32) -> CounterChange {
        CounterChange { user_id: USER, subject: Subject::Category, subject_id: PIZZA, order_cnt }
    }

    #[test]
    fn a_tag_is_due_when_the_counter_reaches_the_threshold() {
        for (count, expected) in [(9, None), (10, Some((USER, 1))), (11, Some((USER, 1)))] {
            assert_eq!(due(&[changes(count)], &[rule(1, 10)], &CurrentTags::new()).into_iter().next(), expected);
        }
    }

    #[test]
    fn a_user_who_has_the_tag_is_due_only_if_it_is_revoked_or_renamed() {
        let current_tags = CurrentTags::from([((USER, 1), "tag 1".to_owned())]);
        assert!(due(&[changes(10)], &[rule(1, 10)], &current_tags).is_empty());
        assert_eq!(due(&[changes(9)], &[rule(1, 10)], &current_tags), Pairs::from([(USER, 1)]));
        let renamed = Rule { tag: "another".to_owned(), ..rule(1, 10) };
        assert_eq!(due(&[changes(10)], &[renamed], &current_tags), Pairs::from([(USER, 1)]));
    }

    #[test]
    fn rules_are_independent_even_if_a_product_and_a_category_have_the_same_key() {
        let product = Rule { subject: Subject::Product, ..rule(3, 1) };
        assert_eq!(
            due(&[changes(10)], &[rule(1, 10), rule(2, 5), rule(4, 11), product], &CurrentTags::new()),
            Pairs::from([(USER, 1), (USER, 2)])
        );
    }
}
