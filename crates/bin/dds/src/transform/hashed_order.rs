//! Orders with their hash keys. A hash key is a SHA-1 and used in every step, so each is computed once.

use orders::{Enriched, Product, keys};
use uuid::Uuid;

/// An enriched order and its hub keys.
#[derive(Debug, Clone)]
pub struct HashedOrder<'o> {
    /// The value in the message.
    pub order: &'o Enriched,
    /// Hub key of the order.
    pub order_pk: Uuid,
    /// Hub key of the user.
    pub user_pk: Uuid,
    /// Hub key of the restaurant.
    pub restaurant_pk: Uuid,
    /// Its lines, in their original order.
    pub products: Vec<HashedProduct<'o>>,
}

/// A line of an order and its hub keys.
#[derive(Debug, Clone, Copy)]
pub struct HashedProduct<'o> {
    /// The value in the message.
    pub product: &'o Product,
    /// Hub key of the product.
    pub product_pk: Uuid,
    /// Hub key of the category.
    pub category_pk: Uuid,
}

impl<'o> HashedOrder<'o> {
    /// Computes the keys of the orders of a batch.
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
