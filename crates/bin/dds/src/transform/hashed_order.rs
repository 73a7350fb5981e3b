//! Orders with the keys of everything they name. A key is a SHA-1 and every step needs it, so each is computed once.

use orders::{Enriched, Product, keys};
use uuid::Uuid;

/// An enriched order and the keys of its hubs.
#[derive(Debug, Clone)]
pub struct HashedOrder<'o> {
    /// What the message says.
    pub order: &'o Enriched,
    /// The order's key.
    pub order_pk: Uuid,
    /// The user's.
    pub user_pk: Uuid,
    /// The restaurant's.
    pub restaurant_pk: Uuid,
    /// Its lines, as ordered.
    pub products: Vec<HashedProduct<'o>>,
}

/// A line of an order and the keys of its hubs.
#[derive(Debug, Clone, Copy)]
pub struct HashedProduct<'o> {
    /// What the message says.
    pub product: &'o Product,
    /// The product's key.
    pub product_pk: Uuid,
    /// The category's.
    pub category_pk: Uuid,
}

impl<'o> HashedOrder<'o> {
    /// The orders of a batch with their keys.
    #[must_use]
    pub fn all(orders: &'o [Enriched]) -> Vec<Self> {
        orders.iter().map(Self::new).collect()
    }

    fn new(order: &'o Enriched) -> Self {
        let products = order.products.iter().map(|product| HashedProduct {
            product,
            product_pk: keys::product(&product.id),
            category_pk: keys::category(&product.category),
        });
        Self {
            order,
            order_pk: keys::order(order.object_id),
            user_pk: keys::user(&order.user.id),
            restaurant_pk: keys::restaurant(&order.restaurant.id),
            products: products.collect(),
        }
    }
}
