//! Lines of an order, merged to one per product.

use std::collections::BTreeMap;

use consumer::Rejection;
use orders::Amount;
use uuid::Uuid;

use super::{HashedOrder, HashedProduct};

/// Maximum number of lines of an order, with those that it held earlier. A line costs more than a kilobyte while its order
/// is stored, and no real order has a hundredth of this.
pub const MAX_LINES: usize = 20_000;

/// A product in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The product.
    pub product_pk: Uuid,
    /// Its category when the order was enriched.
    pub category_pk: Uuid,
    /// Number of pieces; 0 if the order held the product earlier and no longer does.
    pub quantity: i64,
    /// Total price of the line.
    pub amount: Amount,
}

impl Line {
    /// Whether the order still holds the product.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.quantity > 0
    }

    /// The same line after its removal from the order.
    #[must_use]
    pub fn removed(&self) -> Self {
        Self { quantity: 0, amount: Amount::default(), ..*self }
    }
}

/// Rejects an order with too many lines.
pub(crate) fn check_number(lines: usize) -> Result<(), Rejection> {
    let error = || format!("the order has or had {lines} products, and {MAX_LINES} are allowed");
    if lines <= MAX_LINES { Ok(()) } else { Err(Rejection::new("too-large", error())) }
}

/// Returns the lines of the order sorted by product. Lines with the same product are added up.
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
