//! The seeded writer: rows of the first fill, then transactions. Pure; the time is an argument.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::model::{Model, Sizes};
use super::row::{FRESH, Row};
use super::table::Table;
use super::time::{HOUR, Zone};
use super::transaction::Transaction;
use change::Change;

mod change;

/// Age of the youngest row of the first fill: no writer of another zone can be mistaken about it.
const YOUNGEST: i64 = 5 * HOUR;
/// Age of the oldest row.
const OLDEST: i64 = 300 * 24 * HOUR;

/// Changes of each table in one transaction of the ordinary traffic.
const TRAFFIC: [(Table, usize); 4] =
    [(Table::Orders, 30), (Table::Users, 10), (Table::Products, 10), (Table::Shops, 3)];

/// Orders of the beginning for each multiple of [`TRAFFIC`] in a transaction.
const ORDERS_PER_TRAFFIC: usize = 100_000;

/// Number of deleted rows remembered, so that some return.
const GONE: usize = 1000;

/// Draws transactions. Rows of a transaction that is held open are left alone until it is committed.
#[derive(Debug, Clone)]
pub struct Writer {
    random: ChaCha8Rng,
    model: Model,
    /// Rows of open transactions.
    locked: BTreeSet<(Table, i64)>,
    /// Rows that were deleted, as they were.
    gone: Vec<(Table, i64, Row)>,
    /// The largest id of any table so far.
    last_id: i64,
    last_fresh: u32,
    /// How many times [`TRAFFIC`] is in one transaction.
    scale: usize,
}

impl Writer {
    /// Fills the model with the rows of the beginning. `now`: M's clock, in microseconds since 1970.
    #[must_use]
    pub fn new(seed: u64, sizes: Sizes, now: i64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut model = Model::default();
        for table in Table::ALL {
            let rows = sizes.of(table);
            for id in 1..=i64::from(rows) {
                let created = now - random.random_range(YOUNGEST..OLDEST);
                let stamp = random.random_range(created..=now - YOUNGEST);
                let (content, key) = (random.random(), random.random_range(0..rows / 2 + 1));
                model.insert(table, id, Row { content, key, created, stamp });
            }
        }
        let last_id = Table::ALL.map(|table| i64::from(sizes.of(table))).into_iter().max().unwrap_or_default();
        let scale = (sizes.orders as usize / ORDERS_PER_TRAFFIC).max(1);
        Self { random, model, locked: BTreeSet::new(), gone: Vec::new(), last_id, last_fresh: FRESH, scale }
    }

    /// The committed rows.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// A transaction of the ordinary traffic, by a writer of some zone: updates, renames with and without a new stamp, NULL and
    /// duplicate keys, deletes, inserts, rows that return.
    pub fn traffic(&mut self, now: i64) -> Transaction {
        let zone = match self.random.random_range(0..10) {
            0 | 1 => Zone::Ahead,
            2 | 3 => Zone::Behind,
            _ => Zone::Same,
        };
        self.transaction(zone, now, 1)
    }

    /// A transaction that is held open: others leave its rows alone until [`Writer::commit`].
    pub fn held_open(&mut self, now: i64) -> Transaction {
        let transaction = self.transaction(Zone::Same, now, 5);
        let rows = |(table, changes): (&Table, &std::collections::BTreeMap<i64, _>)| {
            let table = *table;
            changes.keys().map(move |id| (table, *id)).collect::<Vec<_>>()
        };
        self.locked.extend(transaction.changes.iter().flat_map(rows));
        transaction
    }

    /// Changes a share of a table: every column but the key, with a new stamp.
    pub fn update_many(&mut self, table: Table, share: f64, now: i64) -> Transaction {
        self.many(table, share, |random, row| Some(Row { content: random.random(), stamp: now, ..row }))
    }

    /// Deletes a share of a table.
    pub fn delete_many(&mut self, table: Table, share: f64) -> Transaction {
        self.many(table, share, |_, _| None)
    }

    /// Takes over what a transaction did. To be called when M has committed it.
    pub fn commit(&mut self, transaction: &Transaction) {
        for (table, changes) in &transaction.changes {
            for (id, row) in changes {
                self.locked.remove(&(*table, *id));
                let Some(before) = self.model.get(*table, *id) else { continue };
                if row.is_none() && self.gone.len() < GONE {
                    self.gone.push((*table, *id, *before));
                }
            }
        }
        self.model.apply(transaction);
    }

    /// Forgets a transaction that M has rolled back.
    pub fn roll_back(&mut self, transaction: &Transaction) {
        for (table, changes) in &transaction.changes {
            for id in changes.keys() {
                self.locked.remove(&(*table, *id));
            }
        }
    }

    fn transaction(&mut self, zone: Zone, now: i64, times: usize) -> Transaction {
        let mut transaction = Transaction::default();
        for (table, changes) in TRAFFIC {
            for _ in 0..changes * times * self.scale {
                let change = Change::draw(&mut self.random, table, zone);
                self.change(change, table, zone, now, &mut transaction);
            }
        }
        transaction
    }

    fn many(&mut self, table: Table, share: f64, change: impl Fn(&mut ChaCha8Rng, Row) -> Option<Row>) -> Transaction {
        let mut transaction = Transaction::default();
        for (id, row) in self.model.rows(table) {
            if self.random.random_bool(share) && !self.locked.contains(&(table, id)) {
                transaction.set(table, id, change(&mut self.random, *row));
            }
        }
        transaction
    }
}
