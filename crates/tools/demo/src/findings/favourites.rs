//! The most ordered products and categories, the users with the most orders, and the most frequent tags.

use anyhow::{Context, Result};
use tokio_postgres::Client;

/// The top ten of each kind.
#[derive(Debug)]
pub(crate) struct Favourites {
    pub(crate) products: Vec<Favourite>,
    pub(crate) categories: Vec<Favourite>,
    pub(crate) users: Vec<Favourite>,
    /// Tags, with users instead of orders.
    pub(crate) tags: Vec<Favourite>,
}

/// A name and its number of closed orders, or of users for a tag.
#[derive(Debug)]
pub(crate) struct Favourite {
    pub(crate) name: String,
    pub(crate) count: i64,
}

impl Favourites {
    pub(super) async fn find(database: &Client) -> Result<Self> {
        Ok(Self {
            products: select(database, include_str!("../../sql/select_favourite_products.sql")).await?,
            categories: select(database, include_str!("../../sql/select_favourite_categories.sql")).await?,
            users: select(database, include_str!("../../sql/select_keenest_users.sql")).await?,
            tags: select(database, include_str!("../../sql/select_top_tags.sql")).await?,
        })
    }
}

async fn select(database: &Client, statement: &str) -> Result<Vec<Favourite>> {
    let rows = database.query(statement, &[]).await.with_context(|| statement.to_owned())?;
    rows.iter().map(|row| Ok(Favourite { name: row.try_get(0)?, count: row.try_get(1)? })).collect()
}
