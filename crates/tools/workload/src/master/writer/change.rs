//! Kinds of changes, and how each is drawn.

use rand::{Rng, RngExt};

use super::Writer;
use crate::master::row::Row;
use crate::master::table::Table;
use crate::master::time::Zone;
use crate::master::transaction::Transaction;

/// Number of random rows tried before a change is given up.
const TRIES: usize = 8;

/// What happens to one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// A new row.
    Insert,
    /// Other columns than the key change.
    Update,
    /// The key changes, to that of another row or to a new one.
    Rename,
    /// The key changes, to a new one, and the stamp does not.
    RenameWithoutStamp,
    /// The row goes.
    Delete,
    /// A row that went returns.
    Return,
}

impl Change {
    /// Draws a kind. A writer whose clock is behind makes changes that its stamps hide; where LAG does not cover them, only keys
    /// can show them, so it inserts.
    pub(super) fn draw(random: &mut impl Rng, table: Table, zone: Zone) -> Self {
        if zone == Zone::Behind && table != Table::Orders {
            return Self::Insert;
        }
        match random.random_range(0..20) {
            0..=2 => Self::Insert,
            3..=4 => Self::Rename,
            5..=6 => Self::RenameWithoutStamp,
            7..=9 => Self::Delete,
            10..=11 => Self::Return,
            _ => Self::Update,
        }
    }
}

impl Writer {
    /// Adds a change of some row to the transaction.
    pub(super) fn change(&mut self, change: Change, table: Table, zone: Zone, now: i64, to: &mut Transaction) {
        // A `timestamptz` is the same moment in every zone.
        let stamp = if table == Table::Shops { now } else { zone.local(now) };
        match change {
            Change::Insert => {
                let key = if zone == Zone::Behind { self.fresh_key() } else { self.any_key(table) };
                let row = Row { content: self.random.random(), key, created: stamp, stamp };
                let id = self.new_id();
                to.set(table, id, Some(row));
            }
            Change::Return => self.bring_back(table, stamp, to),
            _ => {
                let Some((id, row)) = self.free_row(table, to) else { return };
                self.change_row(change, table, (id, row), stamp, to);
            }
        }
    }

    fn change_row(&mut self, change: Change, table: Table, (id, row): (i64, Row), stamp: i64, to: &mut Transaction) {
        match change {
            Change::Delete => to.set(table, id, None),
            Change::Rename => {
                let key = self.any_key(table);
                self.rename(table, id, Row { key, stamp, ..row }, to);
            }
            Change::RenameWithoutStamp => {
                let key = self.fresh_key();
                self.rename(table, id, Row { key, ..row }, to);
            }
            _ => to.set(table, id, Some(Row { content: self.random.random(), stamp, ..row })),
        }
    }

    /// Gives a row another key: another id, if the id is the key.
    fn rename(&mut self, table: Table, id: i64, row: Row, to: &mut Transaction) {
        if matches!(table, Table::Products | Table::Orders) {
            return to.set(table, id, Some(row));
        }
        let new = self.new_id();
        to.set(table, id, None);
        to.set(table, new, Some(row));
    }

    /// Inserts a row again. Its stamp is the old one where keys show that it is back: if the key is the id, or a new key. With
    /// the old key and the old stamp it could stand in for another row of that key that was deleted meanwhile.
    fn bring_back(&mut self, table: Table, stamp: i64, to: &mut Transaction) {
        let Some(place) = self.gone.iter().position(|(of, ..)| *of == table) else { return };
        let (_, id, row) = self.gone.swap_remove(place);
        if self.model.get(table, id).is_some() || self.locked.contains(&(table, id)) || to.contains(table, id) {
            return;
        }
        let row = match table {
            Table::Users | Table::Shops => row,
            Table::Products | Table::Orders if self.random.random() => Row { key: self.fresh_key(), ..row },
            Table::Products | Table::Orders => Row { stamp, ..row },
        };
        to.set(table, id, Some(row));
    }

    /// A row that neither this transaction nor an open one has changed.
    fn free_row(&mut self, table: Table, to: &Transaction) -> Option<(i64, Row)> {
        (0..TRIES).find_map(|_| {
            let largest = self.model.last_id(table)?;
            let (id, row) = self.model.from(table, self.random.random_range(1..=largest))?;
            (!self.locked.contains(&(table, id)) && !to.contains(table, id)).then_some((id, row))
        })
    }

    /// The key of some row, or a new one.
    fn any_key(&mut self, table: Table) -> u32 {
        let from = self.model.last_id(table).unwrap_or(1);
        let other = self.model.from(table, self.random.random_range(1..=from)).map(|(_, row)| row.key);
        let fresh = self.random.random_bool(0.2);
        other.filter(|_| !fresh).unwrap_or_else(|| self.fresh_key())
    }

    fn fresh_key(&mut self) -> u32 {
        self.last_fresh += 1;
        self.last_fresh
    }

    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
}
