//! The model: the committed rows of M, in memory. It never looks at SQL.

use std::collections::BTreeMap;

use super::row::Row;
use super::table::Table;
use super::transaction::Transaction;

/// Number of rows of each table at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Rows of `orders`.
    pub orders: u32,
    /// Rows of `users`.
    pub users: u32,
    /// Rows of `products`.
    pub products: u32,
    /// Rows of `shops`.
    pub shops: u32,
}

impl Sizes {
    /// A million orders have 50,000 users and 20,000 products. Few orders have a thousand of either.
    #[must_use]
    pub fn of_orders(orders: u32) -> Self {
        Self { orders, users: (orders / 20).max(1000), products: (orders / 50).max(1000), shops: 200 }
    }

    pub(super) const fn of(self, table: Table) -> u32 {
        match table {
            Table::Users => self.users,
            Table::Products => self.products,
            Table::Orders => self.orders,
            Table::Shops => self.shops,
        }
    }
}

/// The rows of each table, by id.
#[derive(Debug, Clone, Default)]
pub struct Model {
    rows: BTreeMap<Table, BTreeMap<i64, Row>>,
}

impl Model {
    /// The rows of a table in the order of their ids.
    pub fn rows(&self, table: Table) -> impl Iterator<Item = (i64, &Row)> {
        self.rows.get(&table).into_iter().flatten().map(|(id, row)| (*id, row))
    }

    /// Number of rows of a table.
    #[must_use]
    pub fn len(&self, table: Table) -> usize {
        self.rows.get(&table).map_or(0, BTreeMap::len)
    }

    /// The row with this id.
    #[must_use]
    pub fn get(&self, table: Table, id: i64) -> Option<&Row> {
        self.rows.get(&table)?.get(&id)
    }

    /// The first row at or after this id.
    pub(super) fn from(&self, table: Table, id: i64) -> Option<(i64, Row)> {
        self.rows.get(&table)?.range(id..).next().map(|(id, row)| (*id, *row))
    }

    /// The largest id of a table.
    pub(super) fn last_id(&self, table: Table) -> Option<i64> {
        self.rows.get(&table)?.last_key_value().map(|(id, _)| *id)
    }

    pub(super) fn insert(&mut self, table: Table, id: i64, row: Row) {
        self.rows.entry(table).or_default().insert(id, row);
    }

    /// Applies a transaction, as its commit does.
    pub(super) fn apply(&mut self, transaction: &Transaction) {
        for (table, changes) in &transaction.changes {
            let rows = self.rows.entry(*table).or_default();
            for (id, row) in changes {
                match row {
                    Some(row) => rows.insert(*id, *row),
                    None => rows.remove(id),
                };
            }
        }
    }
}
