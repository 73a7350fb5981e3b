//! From the ids of a batch to their names, in as few round trips as memory allows: mostly two, one for sizes.

use std::{
    cell::RefCell,
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
    // Never borrowed while an answer is awaited: questions may be under way side by side.
    users: RefCell<Cache<User>>,
    restaurants: RefCell<Cache<Restaurant>>,
}

/// How much is remembered, in bytes of Redis' values: some 20,000 users and, with menus of a hundred dishes, some 500
/// restaurants. A pod has 128 MiB, and a parsed menu is about twice its text.
const USERS_CAPACITY: usize = 8 << 20;
const RESTAURANTS_CAPACITY: usize = 8 << 20;

/// Keys of one `MGET` at most, and bytes of their values, give or take one: more would be in memory at once.
const PART_KEYS: usize = 1000;
const PART_BYTES: usize = 1 << 20;

/// A value larger than this is not asked for and counts as missing. Some 25,000 dishes: nobody's menu; and reading it takes
/// six times its size.
const LARGEST_VALUE: usize = 4 << 20;

/// What Redis was asked for and had.
type Values<'a> = HashMap<&'a str, Vec<u8>>;

impl Names {
    /// Names from a Redis to which nothing is connected yet, so this succeeds whatever state it is in.
    #[must_use]
    pub fn connect(settings: &Settings) -> Self {
        Self {
            connection: Connection::new(settings.clone()),
            users: RefCell::new(Cache::new(USERS_CAPACITY)),
            restaurants: RefCell::new(Cache::new(RESTAURANTS_CAPACITY)),
        }
    }

    /// Connects, to learn whether the settings are right.
    ///
    /// # Errors
    /// [`Denied::Refused`] when they are not, [`Denied::Unavailable`] when nobody can tell now.
    pub async fn greet(&self) -> Result<(), Denied> {
        Ok(self.connection.ping().await?)
    }

    /// The names of these users and restaurants; ids may repeat. Those not read within the last seconds are asked for
    /// together: how large they are, then one `MGET`, or none, or as many as it takes to have no more than so much in
    /// memory at once.
    ///
    /// # Errors
    /// When Redis did not answer; what it was asked is unknown then, not missing.
    pub async fn resolve(&self, users: &[&str], restaurants: &[&str], now: Instant) -> Result<Directory, Unavailable> {
        let (mut known_users, mut known_restaurants) = (HashMap::new(), HashMap::new());
        let collect = |users, restaurants| {
            known_users.extend::<Known<User>>(users);
            known_restaurants.extend::<Known<Restaurant>>(restaurants);
        };
        self.read(users, restaurants, now, collect).await?;
        Ok(Directory { users: Arc::new(known_users), restaurants: Arc::new(known_restaurants) })
    }

    /// The same, part by part: for whoever has a question to each name and no use for a thousand menus at once.
    ///
    /// # Errors
    /// As [`Names::resolve`].
    pub async fn visit(
        &self,
        users: &[&str],
        restaurants: &[&str],
        now: Instant,
        mut visit: impl FnMut(&Directory),
    ) -> Result<(), Unavailable> {
        let hand_out = |users, restaurants| {
            visit(&Directory { users: Arc::new(users), restaurants: Arc::new(restaurants) });
        };
        self.read(users, restaurants, now, hand_out).await
    }

    async fn read(
        &self,
        users: &[&str],
        restaurants: &[&str],
        now: Instant,
        mut hand_out: impl FnMut(Known<User>, Known<Restaurant>),
    ) -> Result<(), Unavailable> {
        let (known_users, unknown_users) = recall(&self.users.borrow(), users, now);
        let (known_restaurants, unknown_restaurants) = recall(&self.restaurants.borrow(), restaurants, now);
        hand_out(known_users, known_restaurants);
        // Both kinds share one keyspace.
        let keys: Vec<&str> = unknown_users.union(&unknown_restaurants).copied().collect();
        let mut found = 0;
        for part in self.parts(&keys).await? {
            let values = self.connection.values(&part).await?;
            let values: Values<'_> = part.iter().zip(values).filter_map(|(key, value)| Some((*key, value?))).collect();
            let users = learn(&mut self.users.borrow_mut(), User::parse, &unknown_users, &values, now);
            let restaurants =
                learn(&mut self.restaurants.borrow_mut(), Restaurant::parse, &unknown_restaurants, &values, now);
            found += users.len() + restaurants.len();
            hand_out(users, restaurants);
        }
        count("found", found);
        count("missing", unknown_users.len() + unknown_restaurants.len() - found);
        Ok(())
    }

    /// The keys that have values, in parts that are not too large.
    async fn parts<'a>(&self, keys: &[&'a str]) -> Result<Vec<Vec<&'a str>>, Unavailable> {
        let mut parts: Vec<Vec<&str>> = Vec::new();
        let mut room = 0;
        for keys in keys.chunks(PART_KEYS) {
            let sizes = self.connection.sizes(keys).await?;
            for (&key, size) in keys.iter().zip(sizes) {
                if size == 0 || size > LARGEST_VALUE {
                    continue;
                }
                match parts.last_mut() {
                    Some(part) if part.len() < PART_KEYS && size <= room => part.push(key),
                    _ => {
                        parts.push(vec![key]);
                        room = PART_BYTES;
                    }
                }
                room = room.saturating_sub(size);
            }
        }
        Ok(parts)
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

/// Reads what Redis had of what is asked for: what is usable becomes known and is remembered.
fn learn<T>(
    cache: &mut Cache<T>,
    parse: impl Fn(&[u8]) -> Option<T>,
    asked: &HashSet<&str>,
    values: &Values<'_>,
    now: Instant,
) -> Known<T> {
    let mut known = HashMap::new();
    for (&id, text) in values.iter().filter(|(id, _)| asked.contains(*id)) {
        if let Some(value) = parse(text).map(Arc::new) {
            cache.put(id, Arc::clone(&value), text.len(), now);
            known.insert(id.to_owned(), (value, Duration::ZERO));
        }
    }
    known
}

fn count(result: &'static str, names: usize) {
    metrics::counter!("tagmill_name_lookups_total", "result" => result).increment(names as u64);
}
