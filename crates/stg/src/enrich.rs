//! The names of a whole batch, asked for together.

use consumer::DependencyError;
use names::{Directory, Names};
use orders::Event;
use tokio::time::Instant;

/// Looks up every user and restaurant of the events.
pub(crate) async fn look_up(
    names: &Names,
    events: impl IntoIterator<Item = &Event>,
) -> Result<Directory, DependencyError> {
    let ids = events.into_iter().map(|event| (event.user_id.as_str(), event.restaurant_id.as_str()));
    let (users, restaurants): (Vec<&str>, Vec<&str>) = ids.unzip();
    let directory = names.resolve(&users, &restaurants, Instant::now().into_std()).await;
    directory.map_err(|error| DependencyError::new("redis", error))
}
