//! A transaction of the writer: the rows it leaves behind.

use std::collections::BTreeMap;

use super::row::Row;
use super::table::Table;

/// What a transaction does to rows, by table and id. `None`: the row is deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    pub(super) changes: BTreeMap<Table, BTreeMap<i64, Option<Row>>>,
}

impl Transaction {
    /// Its changes of a table, by id.
    #[must_use]
    pub fn changes(&self, table: Table) -> Option<&BTreeMap<i64, Option<Row>>> {
        self.changes.get(&table)
    }

    /// Number of rows it changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.values().map(BTreeMap::len).sum()
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn set(&mut self, table: Table, id: i64, row: Option<Row>) {
        self.changes.entry(table).or_default().insert(id, row);
    }

    pub(super) fn contains(&self, table: Table, id: i64) -> bool {
        self.changes.get(&table).is_some_and(|changes| changes.contains_key(&id))
    }
}
