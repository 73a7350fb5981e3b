//! The names that a batch has requested.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use crate::{
    Unusable,
    reference::{Restaurant, User},
};

/// The users and restaurants found in Redis. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    pub(crate) users: Arc<Entries<User>>,
    pub(crate) restaurants: Arc<Entries<Restaurant>>,
    pub(crate) unusable: Arc<UnusableValues>,
}

/// Values that cannot be used, by id: as users and as restaurants.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnusableValues {
    pub(crate) users: HashMap<String, Unusable>,
    pub(crate) restaurants: HashMap<String, Unusable>,
}

/// Values by id, with the time since each was read.
pub(crate) type Entries<T> = HashMap<String, (Arc<T>, Duration)>;

impl Lookup {
    /// The user with this id. `None`: Redis has no value, or an unusable one.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.get(id).map(|(user, _)| user.as_ref())
    }

    /// The restaurant with this id. `None`: Redis has no value, or an unusable one.
    #[must_use]
    pub fn restaurant(&self, id: &str) -> Option<&Restaurant> {
        self.restaurants.get(id).map(|(restaurant, _)| restaurant.as_ref())
    }

    /// Why the value of this user cannot be used. `None` if it can, or if there is no value.
    #[must_use]
    pub fn unusable_user(&self, id: &str) -> Option<Unusable> {
        self.unusable.users.get(id).copied()
    }

    /// Why the value of this restaurant cannot be used. `None` if it can, or if there is no value.
    #[must_use]
    pub fn unusable_restaurant(&self, id: &str) -> Option<Unusable> {
        self.unusable.restaurants.get(id).copied()
    }

    /// How long ago the older of the two was read, at the time of the request. If names were dated by the time of the
    /// request instead, an old name from the cache could win over a new one that another replica has just read.
    #[must_use]
    pub fn age(&self, user_id: &str, restaurant_id: &str) -> Duration {
        let user = self.users.get(user_id).map(|(_, age)| *age);
        let restaurant = self.restaurants.get(restaurant_id).map(|(_, age)| *age);
        user.max(restaurant).unwrap_or_default()
    }

    /// Adds what another lookup has found. Of each restaurant it takes the products that are `wanted` of it, so that a
    /// batch holds the names that its orders need and not whole menus. Returns the memory that the addition takes, in
    /// bytes.
    pub fn add(&mut self, found: &Self, wanted: &HashMap<&str, HashSet<&str>>) -> usize {
        let mut bytes = 0;
        let users = Arc::make_mut(&mut self.users);
        for (id, (user, age)) in &*found.users {
            bytes += user.cost();
            users.insert(id.clone(), (Arc::clone(user), *age));
        }
        let (restaurants, none) = (Arc::make_mut(&mut self.restaurants), HashSet::new());
        for (id, (restaurant, age)) in &*found.restaurants {
            let restaurant = restaurant.with_only(wanted.get(id.as_str()).unwrap_or(&none));
            bytes += restaurant.cost();
            restaurants.insert(id.clone(), (Arc::new(restaurant), *age));
        }
        let unusable = Arc::make_mut(&mut self.unusable);
        unusable.users.extend(found.unusable.users.iter().map(|(id, why)| (id.clone(), *why)));
        unusable.restaurants.extend(found.unusable.restaurants.iter().map(|(id, why)| (id.clone(), *why)));
        bytes
    }

    /// A lookup with these values, for tests without a Redis.
    #[must_use]
    pub fn of(
        users: impl IntoIterator<Item = (String, User)>,
        restaurants: impl IntoIterator<Item = (String, Restaurant)>,
    ) -> Self {
        Self {
            users: Arc::new(users.into_iter().map(|(id, user)| (id, (Arc::new(user), Duration::ZERO))).collect()),
            restaurants: Arc::new(
                restaurants.into_iter().map(|(id, place)| (id, (Arc::new(place), Duration::ZERO))).collect(),
            ),
            unusable: Arc::default(),
        }
    }
}
