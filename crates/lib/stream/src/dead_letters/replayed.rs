//! Record of the dead letters that were sent back, in PostgreSQL. Committed offsets of a group could record ranges only.

use std::collections::HashMap;

use consumer::Failure;
use database::{Database, get, statement};
use jiff::Timestamp;
use kafka::ParsedDeadLetter;

/// Coordinates in the dead-letter topic.
pub(crate) type Place = (i32, i64);

/// The dead letters that were sent back, with the time.
pub(crate) type Returned = HashMap<Place, Timestamp>;

pub(crate) fn place(letter: &ParsedDeadLetter) -> Place {
    (letter.partition, letter.offset)
}

/// Returns those of the dead letters that were sent back before. A dead letter that failed after that is another one
/// with the same coordinates, of a topic that was created again.
pub(crate) async fn recall(
    database: &Database,
    topic: &str,
    letters: &[ParsedDeadLetter],
) -> Result<Returned, Failure> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = letters.iter().map(place).unzip();
    let transaction = database.begin_batch().await?;
    let statement = statement!("service/select_replayed_dead_letters");
    let rows = transaction.query(&statement, [&topic, &partitions, &offsets]).await?;
    transaction.commit().await?;
    let known = rows.iter().map(|row| Ok(((get(row, 0)?, get(row, 1)?), get(row, 2)?)));
    let mut known = known.collect::<Result<Returned, Failure>>()?;
    for letter in letters {
        let place = place(letter);
        let failed_at = letter.failed_at.unwrap_or(Timestamp::MIN);
        if known.get(&place).is_some_and(|returned_at| *returned_at < failed_at) {
            known.remove(&place);
        }
    }
    Ok(known)
}

/// Records that these were sent back.
pub(crate) async fn remember(database: &Database, topic: &str, places: &[Place]) -> Result<(), Failure> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = places.iter().copied().unzip();
    let transaction = database.begin_batch().await?;
    let statement = statement!("service/insert_replayed_dead_letters");
    transaction.execute(&statement, [&topic, &partitions, &offsets]).await?;
    transaction.commit().await
}
