//! The tables of M: names, columns and definitions.

/// A table of M.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// The customer's; the key is its id.
    Users,
    /// The customer's; the key is title and category. Titles repeat, and the category may be NULL.
    Products,
    /// Of any size; the key is two columns, both nullable, neither unique.
    Orders,
    /// A small one; its stamp is a `timestamptz`.
    Shops,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 4] = [Self::Users, Self::Products, Self::Orders, Self::Shops];

    /// Its name, in M and in A.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Shops => "shops",
        }
    }

    /// Its columns, in the order of [`Row::line`](super::Row::line). The first is the primary key.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["id", "name", "email", "created_at", "updated_at"],
            Self::Products => {
                &["product_id", "title", "price", "category", "stock_quantity", "created_at", "updated_at"]
            }
            Self::Orders => &[
                "order_id",
                "shop_id",
                "receipt",
                "user_id",
                "product_id",
                "status",
                "amount",
                "comment",
                "created_at",
                "updated_at",
            ],
            Self::Shops => &["shop_id", "name", "city", "opened_on", "updated_at"],
        }
    }

    /// The statement that creates it in M.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::Users => include_str!("../../sql/create_users.sql"),
            Self::Products => include_str!("../../sql/create_products.sql"),
            Self::Orders => include_str!("../../sql/create_orders.sql"),
            Self::Shops => include_str!("../../sql/create_shops.sql"),
        }
    }

    /// The job file that copies it: its name, and its text. Those of the customer are byte for byte.
    #[must_use]
    pub const fn job(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => ("users.json", include_str!("../../jobs/users.json")),
            Self::Products => ("products.json", include_str!("../../jobs/products.json")),
            Self::Orders => ("orders.yaml", include_str!("../../jobs/orders.yaml")),
            Self::Shops => ("shops.yaml", include_str!("../../jobs/shops.yaml")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn the_customers_files_are_those_that_the_service_is_tested_with() {
        assert_eq!(Table::Users.job().1, include_str!("../../../../bin/elt/tests/it/customer/users.json"));
        assert_eq!(Table::Products.job().1, include_str!("../../../../bin/elt/tests/it/customer/products.json"));
    }
}
