//! The names a batch has asked for.

use std::{collections::HashMap, sync::Arc};

use crate::reference::{Restaurant, User};

/// What Redis knows of the users and restaurants asked for. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub(crate) users: Arc<HashMap<String, Arc<User>>>,
    pub(crate) restaurants: Arc<HashMap<String, Arc<Restaurant>>>,
}

impl Directory {
    /// The user with this id; `None`: Redis has none, or nothing usable.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.get(id).map(AsRef::as_ref)
    }

    /// The restaurant with this id; `None`: Redis has none, or nothing usable.
    #[must_use]
    pub fn restaurant(&self, id: &str) -> Option<&Restaurant> {
        self.restaurants.get(id).map(AsRef::as_ref)
    }

    /// A directory made by hand, for whoever has to test what becomes of an order without a Redis.
    #[must_use]
    pub fn of(
        users: impl IntoIterator<Item = (String, User)>,
        restaurants: impl IntoIterator<Item = (String, Restaurant)>,
    ) -> Self {
        Self {
            users: Arc::new(users.into_iter().map(|(id, user)| (id, Arc::new(user))).collect()),
            restaurants: Arc::new(restaurants.into_iter().map(|(id, place)| (id, Arc::new(place))).collect()),
        }
    }
}
