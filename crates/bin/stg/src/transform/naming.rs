//! Ids become names, or the list of those that are missing.

use orders::{Enriched, Event, Item, NO_CATEGORY, Product, User, UtcMicros};
use reference::{Lookup, Restaurant};

/// A name that an order waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing {
    /// Of what.
    pub kind: Kind,
    /// The id whose name is missing.
    pub id: String,
    /// Of a dish: on whose menu it should be; otherwise empty.
    pub restaurant_id: String,
}

/// What a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A dish of a restaurant whose menu is known. Dishes are looked for when user and restaurant are known: an order that
    /// waits for a dish waits for nothing else.
    Dish,
    /// Not a name, but a payload that can be read: a release with stricter rules than the one that parked the order has
    /// met it. It stays parked until a newer event comes, or a person has it looked at again.
    Payload,
    /// A restaurant; its dishes are looked for when its menu is there.
    Restaurant,
    /// Not a name, but room for all of them: with its names the order is larger than the broker takes. It stays parked until
    /// a newer event comes, or a person has it looked at again; there is no record behind it that could become a dead
    /// letter.
    Size,
    /// A user.
    User,
}

impl Kind {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Dish, Self::Payload, Self::Restaurant, Self::Size, Self::User];

    /// As the table writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dish => "dish",
            Self::Payload => "payload",
            Self::Restaurant => "restaurant",
            Self::Size => "room",
            Self::User => "user",
        }
    }

    /// Reads what the table writes.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Missing {
    /// Whether the name is there now.
    #[must_use]
    pub fn is_known(&self, lookup: &Lookup) -> bool {
        match self.kind {
            Kind::Payload | Kind::Size => false,
            Kind::User => lookup.user(&self.id).is_some(),
            Kind::Restaurant => lookup.restaurant(&self.id).is_some(),
            Kind::Dish => {
                let restaurant = lookup.restaurant(&self.restaurant_id);
                restaurant.and_then(|restaurant| menu_entry(restaurant, &self.id)).is_some()
            }
        }
    }
}

/// What to do about dishes that are on no menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuName {
    /// The order waits for them.
    Required,
    /// It has waited long enough: they go on under the name they have, without a category.
    Optional,
}

/// The event with names in place of ids, looked up at `now`.
///
/// # Errors
/// The names that are missing, sorted.
pub fn enrich(event: &Event, lookup: &Lookup, now: UtcMicros, menu_name: MenuName) -> Result<Enriched, Vec<Missing>> {
    let missing = |kind, id: &str, restaurant_id: &str| Missing {
        kind,
        id: id.to_owned(),
        restaurant_id: restaurant_id.to_owned(),
    };
    let (user, restaurant) = (lookup.user(&event.user_id), lookup.restaurant(&event.restaurant_id));
    let (Some(user), Some(restaurant)) = (user, restaurant) else {
        let user = user.is_none().then(|| missing(Kind::User, &event.user_id, ""));
        let restaurant = restaurant.is_none().then(|| missing(Kind::Restaurant, &event.restaurant_id, ""));
        return Err(restaurant.into_iter().chain(user).collect());
    };
    let named: Vec<Option<Product>> = event.items.iter().map(|item| product(item, restaurant, menu_name)).collect();
    if named.contains(&None) {
        let unknown = event.items.iter().zip(&named).filter(|(_, product)| product.is_none());
        let mut all: Vec<_> = unknown.map(|(item, _)| missing(Kind::Dish, &item.id, &event.restaurant_id)).collect();
        all.sort();
        all.dedup();
        return Err(all);
    }
    let restaurant = orders::Restaurant { id: event.restaurant_id.clone(), name: restaurant.name.clone() };
    let user = User { id: event.user_id.clone(), name: user.name.clone(), login: user.login.clone() };
    let read_at = now.before(lookup.age(&event.user_id, &event.restaurant_id));
    Ok(Enriched::new(event, read_at, restaurant, user, named.into_iter().flatten().collect()))
}

/// Name and category of a dish that can be sent on.
fn menu_entry<'a>(restaurant: &'a Restaurant, dish_id: &str) -> Option<(&'a str, &'a str)> {
    let dish = restaurant.menu.get(dish_id)?;
    Some((&dish.name, dish.category.as_deref()?))
}

fn product(item: &Item, restaurant: &Restaurant, menu_name: MenuName) -> Option<Product> {
    let (name, category) = match (menu_entry(restaurant, &item.id), menu_name) {
        (Some(known), _) => known,
        (None, MenuName::Required) => return None,
        (None, MenuName::Optional) => {
            let name = restaurant.menu.get(&item.id).map_or(&item.name, |dish| &dish.name);
            (name.as_str(), NO_CATEGORY)
        }
    };
    Some(Product {
        id: item.id.clone(),
        price: item.price,
        quantity: item.quantity,
        name: name.to_owned(),
        category: category.to_owned(),
    })
}
