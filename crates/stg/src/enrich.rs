//! The names of a whole batch, in one round trip.

use names::{Directory, Names};
use orders::Event;
use pipeline::Unavailable;
use tokio::time::Instant;

/// Looks up every user and restaurant of the batch.
pub(crate) async fn look_up(names: &mut Names, events: &[Event]) -> Result<Directory, Unavailable> {
    let users: Vec<&str> = events.iter().map(|event| event.user_id.as_str()).collect();
    let restaurants: Vec<&str> = events.iter().map(|event| event.restaurant_id.as_str()).collect();
    resolve(names, &users, &restaurants).await
}

/// Looks up users and restaurants.
pub(crate) async fn resolve(names: &mut Names, users: &[&str], restaurants: &[&str]) -> Result<Directory, Unavailable> {
    let directory = names.resolve(users, restaurants, Instant::now().into_std()).await;
    directory.map_err(|error| Unavailable::new("redis", error))
}
