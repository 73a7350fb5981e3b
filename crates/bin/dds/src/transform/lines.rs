//! The lines of an order, one a product.

use std::collections::BTreeMap;

use consumer::Rejection;
use orders::Amount;
use uuid::Uuid;

use super::{HashedOrder, HashedProduct};

/// A product in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The product.
    pub product_pk: Uuid,
    /// Its category when the order was enriched.
    pub category_pk: Uuid,
    /// Pieces; 0: the order held the product once and no longer does.
    pub quantity: i64,
    /// What they cost together.
    pub amount: Amount,
}

impl Line {
    /// Whether the order still holds it.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.quantity > 0
    }

    /// The same line after it was taken off the order.
    #[must_use]
    pub fn removed(&self) -> Self {
        Self { quantity: 0, amount: Amount::default(), ..*self }
    }
}

/// The order's lines, sorted by product; lines with the same product become one.
pub(super) fn merge(order: &HashedOrder<'_>) -> Result<Vec<Line>, Rejection> {
    let mut lines = BTreeMap::<Uuid, Line>::new();
    for &HashedProduct { product, product_pk, category_pk } in &order.products {
        let amount = product.price.times(product.quantity);
        let line = lines.entry(product_pk).or_insert_with(|| Line {
            product_pk,
            category_pk,
            quantity: 0,
            amount: Amount::default(),
        });
        let sum = line.quantity.checked_add(product.quantity).zip(line.amount.plus(amount));
        (line.quantity, line.amount) = sum.ok_or_else(|| {
            let error = format!("the lines of product {} add up to more than the column can hold", product.id);
            Rejection::new("out-of-range", error)
        })?;
    }
    Ok(lines.into_values().collect())
}
