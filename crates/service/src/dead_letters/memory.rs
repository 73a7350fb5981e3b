//! Which dead letters have been sent back, kept in PostgreSQL: offsets committed to a group would only cover ranges.

use std::collections::HashSet;

use kafka::Letter;
use pipeline::Failure;
use warehouse::{Warehouse, get, statement};

/// Coordinates in the dead-letter topic.
pub(crate) type Place = (i32, i64);

pub(crate) fn place(letter: &Letter) -> Place {
    (letter.partition, letter.offset)
}

/// Those of the places that were sent back before.
pub(crate) async fn recall(warehouse: &Warehouse, topic: &str, places: &[Place]) -> Result<HashSet<Place>, Failure> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = places.iter().copied().unzip();
    let transaction = warehouse.begin().await?;
    let statement = statement!("service/select_replayed_dead_letters");
    let rows = transaction.query(&statement, [&topic, &partitions, &offsets]).await?;
    transaction.commit().await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// Remembers that these were sent back.
pub(crate) async fn remember(warehouse: &Warehouse, topic: &str, places: &[Place]) -> Result<(), Failure> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = places.iter().copied().unzip();
    let transaction = warehouse.begin().await?;
    let statement = statement!("service/insert_replayed_dead_letters");
    transaction.execute(&statement, [&topic, &partitions, &offsets]).await?;
    transaction.commit().await
}
