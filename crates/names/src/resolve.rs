//! From the ids of a batch to their names, in one round trip.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Denied, Directory, Settings, Unavailable,
    cache::Cache,
    connection::Connection,
    directory::Known,
    reference::{Restaurant, User},
};

/// The names of users, restaurants and dishes, as Redis has them, at most [`STALE_AFTER`](crate::STALE_AFTER) old.
#[derive(Debug)]
pub struct Names {
    connection: Connection,
    users: Cache<User>,
    restaurants: Cache<Restaurant>,
}

/// How much is remembered, in bytes of Redis' values: some 20,000 users and, with menus of a hundred dishes, some 500
/// restaurants. A pod has 128 MiB, and a parsed menu is about twice its text.
const USERS_CAPACITY: usize = 8 << 20;
const RESTAURANTS_CAPACITY: usize = 8 << 20;

/// What Redis was asked for and had.
type Values<'a> = HashMap<&'a str, Vec<u8>>;

impl Names {
    /// Names from a Redis to which nothing is connected yet, so this succeeds whatever state it is in.
    #[must_use]
    pub fn connect(settings: &Settings) -> Self {
        Self {
            connection: Connection::new(settings.clone()),
            users: Cache::new(USERS_CAPACITY),
            restaurants: Cache::new(RESTAURANTS_CAPACITY),
        }
    }

    /// Connects, to learn whether the settings are right.
    ///
    /// # Errors
    /// [`Denied::Refused`] when they are not, [`Denied::Unavailable`] when nobody can tell now.
    pub async fn greet(&mut self) -> Result<(), Denied> {
        Ok(self.connection.ping().await?)
    }

    /// The names of these users and restaurants; ids may repeat. Those not read within the last seconds are asked for
    /// together: one `MGET`, or none.
    ///
    /// # Errors
    /// When Redis did not answer; what it was asked is unknown then, not missing.
    pub async fn resolve(
        &mut self,
        users: &[&str],
        restaurants: &[&str],
        now: Instant,
    ) -> Result<Directory, Unavailable> {
        let (mut known_users, unknown_users) = recall(&self.users, users, now);
        let (mut known_restaurants, unknown_restaurants) = recall(&self.restaurants, restaurants, now);
        let values = self.values(&unknown_users, &unknown_restaurants).await?;
        learn(&mut self.users, User::parse, &mut known_users, &unknown_users, &values, now);
        learn(&mut self.restaurants, Restaurant::parse, &mut known_restaurants, &unknown_restaurants, &values, now);
        Ok(Directory { users: Arc::new(known_users), restaurants: Arc::new(known_restaurants) })
    }

    /// One `MGET`: both kinds share one keyspace.
    async fn values<'a>(
        &mut self,
        users: &HashSet<&'a str>,
        restaurants: &HashSet<&'a str>,
    ) -> Result<Values<'a>, Unavailable> {
        let keys: Vec<&str> = users.union(restaurants).copied().collect();
        if keys.is_empty() {
            return Ok(Values::default());
        }
        let values = self.connection.values(&keys).await?;
        Ok(keys.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))).collect())
    }
}

/// What the cache has, and what has to be asked for.
fn recall<'a, T>(cache: &Cache<T>, ids: &[&'a str], now: Instant) -> (Known<T>, HashSet<&'a str>) {
    let mut known = HashMap::new();
    let mut unknown = HashSet::new();
    for &id in ids {
        match cache.get(id, now) {
            Some(value) => _ = known.insert(id.to_owned(), value),
            None => _ = unknown.insert(id),
        }
    }
    count("cached", known.len());
    (known, unknown)
}

/// Reads what was asked for: what is usable becomes known and is remembered.
fn learn<T>(
    cache: &mut Cache<T>,
    parse: impl Fn(&[u8]) -> Option<T>,
    known: &mut Known<T>,
    asked: &HashSet<&str>,
    values: &Values<'_>,
    now: Instant,
) {
    let cached = known.len();
    for &id in asked {
        let Some(text) = values.get(id) else { continue };
        if let Some(value) = parse(text).map(Arc::new) {
            cache.put(id, Arc::clone(&value), text.len(), now);
            known.insert(id.to_owned(), (value, Duration::ZERO));
        }
    }
    let found = known.len() - cached;
    count("found", found);
    count("missing", asked.len() - found);
}

fn count(result: &'static str, names: usize) {
    metrics::counter!("tagmill_name_lookups_total", "result" => result).increment(names as u64);
}
