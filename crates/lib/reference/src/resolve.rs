//! The reference store: resolves the ids of a batch to names, usually in two round trips (sizes, then values).

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    ConnectError, LARGEST_VALUE, Lookup, Settings, Unavailable, Unusable,
    cache::Cache,
    connection::Connection,
    lookup::{Entries, UnusableValues},
    reference::{Restaurant, User},
    unusable::Size,
};

/// The names of users, restaurants and products from Redis, at most [`STALE_AFTER`](crate::STALE_AFTER) old.
#[derive(Debug)]
pub struct ReferenceStore {
    connection: Connection,
    // Not borrowed while a request is awaited, because requests may run concurrently.
    users: RefCell<Cache<User>>,
    restaurants: RefCell<Cache<Restaurant>>,
}

/// The size of the cache in bytes of memory, for some 10,000 users and, with menus of a hundred products, some 500
/// restaurants: an eighth of the 128 MiB of a pod.
pub const CACHE_BYTES: usize = 16 << 20;

/// Maximum number of keys per `MGET`, and approximate maximum size of their values in bytes. These are in memory
/// together.
const PART_KEYS: usize = 1000;
const PART_BYTES: usize = 1 << 20;

/// The values that Redis returned, by key.
type Values<'a> = HashMap<&'a str, Vec<u8>>;

/// Facts about a Redis server that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerInfo {
    /// The number of keys of the database in the URL. `None` if the user may not read it.
    pub keys: Option<u64>,
}

/// Names that were read together.
#[derive(Default)]
struct Found {
    users: Entries<User>,
    restaurants: Entries<Restaurant>,
    unusable: UnusableValues,
}

/// The keys to read, in parts, and the keys with unusable values.
#[derive(Default)]
struct Parts<'a> {
    parts: Vec<Vec<&'a str>>,
    unusable: Vec<(&'a str, Unusable)>,
}

impl ReferenceStore {
    /// Creates a store without a connection, so this succeeds in any state of Redis. It caches [`CACHE_BYTES`].
    #[must_use]
    pub fn connect(settings: &Settings) -> Self {
        Self::with_cache(settings, CACHE_BYTES)
    }

    /// The same with another size of the cache, in bytes. A quarter of it is for users.
    #[must_use]
    pub fn with_cache(settings: &Settings, bytes: usize) -> Self {
        // Registers the counters with 0, so that the first unusable value is an increase.
        Unusable::ALL.into_iter().for_each(|unusable| count(unusable.label(), 0));
        Self {
            connection: Connection::new(settings.clone()),
            users: RefCell::new(Cache::new(bytes / 4)),
            restaurants: RefCell::new(Cache::new(bytes - bytes / 4)),
        }
    }

    /// Connects and runs every command that reading names needs, to verify the settings and the rights of the user.
    ///
    /// # Errors
    /// [`ConnectError::Rejected`] if a setting or a right is wrong, [`ConnectError::Unavailable`] during an outage.
    pub async fn ping(&self) -> Result<ServerInfo, ConnectError> {
        self.connection.try_commands().await?;
        Ok(ServerInfo { keys: self.connection.count_keys().await.ok() })
    }

    /// The names of these users and restaurants. Ids may repeat. Names that are not in the cache are read together:
    /// first the sizes of their values, then the values, with one `MGET` or, to limit the memory, several.
    ///
    /// # Errors
    /// Redis did not answer. The names are then unknown, not missing.
    pub async fn resolve(&self, users: &[&str], restaurants: &[&str], now: Instant) -> Result<Lookup, Unavailable> {
        let mut all = Found::default();
        self.read(users, restaurants, now, |found| all.extend(found)).await?;
        Ok(all.into())
    }

    /// The same in parts, for callers that need a few names of each menu, and not all menus at once.
    ///
    /// # Errors
    /// As [`ReferenceStore::resolve`].
    pub async fn visit(
        &self,
        users: &[&str],
        restaurants: &[&str],
        now: Instant,
        mut visit: impl FnMut(&Lookup),
    ) -> Result<(), Unavailable> {
        self.read(users, restaurants, now, |found| visit(&found.into())).await
    }

    /// The types of the values under these ids in their order, as Redis names them. `none`: there is no value.
    ///
    /// # Errors
    /// Redis did not answer, or the user has no right to read types.
    pub async fn types(&self, ids: &[&str]) -> Result<Vec<String>, Unavailable> {
        let mut types = Vec::with_capacity(ids.len());
        for part in ids.chunks(PART_KEYS) {
            types.append(&mut self.connection.types(part).await?);
        }
        Ok(types)
    }

    async fn read(
        &self,
        users: &[&str],
        restaurants: &[&str],
        now: Instant,
        mut on_found: impl FnMut(Found),
    ) -> Result<(), Unavailable> {
        let (known_users, unknown_users) = read_cache(&self.users.borrow(), users, now);
        let (known_restaurants, unknown_restaurants) = read_cache(&self.restaurants.borrow(), restaurants, now);
        on_found(Found { users: known_users, restaurants: known_restaurants, ..Found::default() });
        // Users and restaurants share one keyspace.
        let keys: Vec<&str> = unknown_users.union(&unknown_restaurants).copied().collect();
        let Parts { parts, unusable } = self.parts(&keys).await?;
        let unread = UnusableValues {
            users: only(&unusable, &unknown_users),
            restaurants: only(&unusable, &unknown_restaurants),
        };
        unread.note();
        let mut absent = unknown_users.len() + unknown_restaurants.len() - unread.len();
        on_found(Found { unusable: unread, ..Found::default() });
        for part in parts {
            let values = self.connection.values(&part).await?;
            let values: Values<'_> = part.iter().zip(values).filter_map(|(key, value)| Some((*key, value?))).collect();
            let (users, unusable_users) =
                cache_values(&mut self.users.borrow_mut(), User::parse, User::cost, &unknown_users, &values, now);
            let mut cache = self.restaurants.borrow_mut();
            let (restaurants, unusable_restaurants) =
                cache_values(&mut cache, Restaurant::parse, Restaurant::cost, &unknown_restaurants, &values, now);
            drop(cache);
            let unusable = UnusableValues { users: unusable_users, restaurants: unusable_restaurants };
            count("found", users.len() + restaurants.len());
            unusable.note();
            absent -= users.len() + restaurants.len() + unusable.len();
            on_found(Found { users, restaurants, unusable });
        }
        count("missing", absent);
        Ok(())
    }

    /// The keys that have values, in parts of limited size.
    async fn parts<'a>(&self, keys: &[&'a str]) -> Result<Parts<'a>, Unavailable> {
        let mut all = Parts::default();
        let mut budget = 0;
        for keys in keys.chunks(PART_KEYS) {
            let sizes = self.connection.sizes(keys).await?;
            for (&key, size) in keys.iter().zip(sizes) {
                let size = match size {
                    Size::Nothing => continue,
                    Size::OtherType => {
                        all.unusable.push((key, Unusable::WrongType));
                        continue;
                    }
                    Size::Bytes(size) if size > LARGEST_VALUE => {
                        all.unusable.push((key, Unusable::TooLarge));
                        continue;
                    }
                    Size::Bytes(size) => size,
                };
                match all.parts.last_mut() {
                    Some(part) if part.len() < PART_KEYS && size <= budget => part.push(key),
                    _ => {
                        all.parts.push(vec![key]);
                        budget = PART_BYTES;
                    }
                }
                budget = budget.saturating_sub(size);
            }
        }
        Ok(all)
    }
}

impl Found {
    fn extend(&mut self, found: Self) {
        self.users.extend(found.users);
        self.restaurants.extend(found.restaurants);
        self.unusable.users.extend(found.unusable.users);
        self.unusable.restaurants.extend(found.unusable.restaurants);
    }
}

impl From<Found> for Lookup {
    fn from(Found { users, restaurants, unusable }: Found) -> Self {
        Self { users: Arc::new(users), restaurants: Arc::new(restaurants), unusable: Arc::new(unusable) }
    }
}

impl UnusableValues {
    fn len(&self) -> usize {
        self.users.len() + self.restaurants.len()
    }

    /// Counts each value with the reason why it cannot be used.
    fn note(&self) {
        self.users.values().chain(self.restaurants.values()).for_each(|unusable| count(unusable.label(), 1));
    }
}

/// The unusable values among the requested ids.
fn only(unusable: &[(&str, Unusable)], asked: &HashSet<&str>) -> HashMap<String, Unusable> {
    let asked = unusable.iter().filter(|(id, _)| asked.contains(id));
    asked.map(|&(id, unusable)| (id.to_owned(), unusable)).collect()
}

/// The names in the cache, and the ids to read from Redis.
fn read_cache<'a, T>(cache: &Cache<T>, ids: &[&'a str], now: Instant) -> (Entries<T>, HashSet<&'a str>) {
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

/// Parses the values that Redis returned. Usable ones are stored in the cache.
fn cache_values<T>(
    cache: &mut Cache<T>,
    parse: impl Fn(&[u8]) -> Result<T, Unusable>,
    cost: impl Fn(&T) -> usize,
    asked: &HashSet<&str>,
    values: &Values<'_>,
    now: Instant,
) -> (Entries<T>, HashMap<String, Unusable>) {
    let (mut known, mut unusable) = (HashMap::new(), HashMap::new());
    for (&id, text) in values.iter().filter(|(id, _)| asked.contains(*id)) {
        match parse(text).map(Arc::new) {
            Ok(value) => {
                cache.put(id, Arc::clone(&value), cost(&value), now);
                known.insert(id.to_owned(), (value, Duration::ZERO));
            }
            Err(why) => _ = unusable.insert(id.to_owned(), why),
        }
    }
    (known, unusable)
}

fn count(result: &'static str, names: usize) {
    metrics::counter!("tagmill_name_lookups_total", "result" => result).increment(names as u64);
}
