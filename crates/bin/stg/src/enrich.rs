//! Lookup of the names of a whole batch in Redis.

use std::collections::{HashMap, HashSet};

use consumer::{DependencyError, Failure};
use orders::Event;
use reference::{Lookup, ReferenceStore};
use tokio::time::Instant;

/// Looks up every user and restaurant of the events. Menus pass one by one, and of each the products of the events are
/// kept: ten menus of 4 MiB would not fit into the memory of a pod.
///
/// # Errors
/// [`Failure::BatchTooLarge`] if several events need names of more than `budget` bytes.
pub(crate) async fn look_up<'a>(
    names: &ReferenceStore,
    events: impl IntoIterator<Item = &'a Event>,
    budget: usize,
) -> Result<Lookup, Failure> {
    let (mut users, mut products) = (Vec::new(), HashMap::<&str, HashSet<&str>>::new());
    for event in events {
        users.push(event.user_id.as_str());
        let wanted = products.entry(&event.restaurant_id).or_default();
        wanted.extend(event.items.iter().map(|item| item.id.as_str()));
    }
    let restaurants: Vec<&str> = products.keys().copied().collect();
    let (mut lookup, mut bytes) = (Lookup::default(), 0);
    let visit = names.visit(&users, &restaurants, Instant::now().into_std(), |found| {
        if users.len() == 1 || bytes <= budget {
            bytes += lookup.add(found, &products);
        }
    });
    visit.await.map_err(|error| DependencyError::new(crate::REDIS, error))?;
    if users.len() > 1 && bytes > budget { Err(Failure::BatchTooLarge) } else { Ok(lookup) }
}
