//! Lookup of the names of a whole batch in Redis.

use consumer::DependencyError;
use orders::Event;
use reference::{Lookup, ReferenceStore};
use tokio::time::Instant;

/// Looks up every user and restaurant of the events.
pub(crate) async fn look_up(
    names: &ReferenceStore,
    events: impl IntoIterator<Item = &Event>,
) -> Result<Lookup, DependencyError> {
    let ids = events.into_iter().map(|event| (event.user_id.as_str(), event.restaurant_id.as_str()));
    let (users, restaurants): (Vec<&str>, Vec<&str>) = ids.unzip();
    let lookup = names.resolve(&users, &restaurants, Instant::now().into_std()).await;
    lookup.map_err(|error| DependencyError::new(crate::REDIS, error))
}
