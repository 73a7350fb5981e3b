//! The current state of an order: a row of `dds.bv_order_states`.

use std::collections::BTreeSet;

use orders::{Amount, UtcMicros, Version, status};
use uuid::Uuid;

use super::{HashedOrder, Line};

/// The current state of an order, and everything it ever held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The newest version applied.
    pub version: Version,
    /// `load_dt` of the rows of that version: the latest of all rows of the order.
    pub load_dt: UtcMicros,
    /// Its user, which never changes.
    pub user_pk: Uuid,
    /// The time of the order according to its first version: `order_dt` of `h_order`.
    pub order_dt: UtcMicros,
    /// Its restaurant.
    pub restaurant_pk: Uuid,
    /// Its status.
    pub status: String,
    /// Its price.
    pub cost: Amount,
    /// Its payment.
    pub payment: Amount,
    /// Every product, with its category, that the order ever held, sorted. At most one line per product is held.
    pub lines: Vec<Line>,
}

impl State {
    /// The state after an order with the merged lines `lines` was applied.
    pub(super) fn after(before: Option<&Self>, hashed: &HashedOrder<'_>, lines: &[Line]) -> Self {
        let HashedOrder { order, user_pk, restaurant_pk, .. } = *hashed;
        let pair = |line: &Line| (line.product_pk, line.category_pk);
        let now: BTreeSet<_> = lines.iter().map(pair).collect();
        let once = before.into_iter().flat_map(|state| &state.lines);
        let mut all: Vec<Line> = once.filter(|line| !now.contains(&pair(line))).map(Line::removed).collect();
        all.extend_from_slice(lines);
        all.sort_unstable_by_key(pair);
        Self {
            version: order.version.clone(),
            load_dt: before.map_or(order.sent_at, |state| order.sent_at.max(state.load_dt.next())),
            user_pk,
            order_dt: before.map_or(order.date, |state| state.order_dt),
            restaurant_pk,
            status: order.status.clone(),
            cost: order.cost.into(),
            payment: order.payment.into(),
            lines: all,
        }
    }

    /// The held line of a product, if any.
    pub(super) fn held(&self, product_pk: Uuid) -> Option<&Line> {
        self.lines.iter().find(|line| line.product_pk == product_pk && line.is_held())
    }

    /// The lines that the order holds.
    pub(super) fn held_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_held())
    }

    /// The lines that are counted: all held lines if the order is closed, otherwise none.
    pub(super) fn counted_lines(&self) -> impl Iterator<Item = &Line> {
        self.held_lines().filter(|_| self.status == status::CLOSED)
    }
}
