//! Replacement of ids by names, or the list of missing names.

use orders::{Enriched, Event, Item, NO_CATEGORY, Product, User, UtcMicros};
use reference::{Lookup, Restaurant};

/// A name that an order waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing {
    /// What the name belongs to.
    pub kind: Kind,
    /// The id whose name is missing.
    pub id: String,
    /// For a product, the restaurant whose menu must contain it; otherwise empty.
    pub restaurant_id: String,
}

/// What a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A product of a restaurant whose menu is known. Products are looked up after user and restaurant are known, so an
    /// order that waits for a product waits for nothing else.
    Product,
    /// Not a name: the payload is unreadable, because this version is stricter than the one that parked the order. The
    /// order stays parked until a newer event comes or until it is released by hand.
    Payload,
    /// A restaurant. Its products are looked up when its menu is known.
    Restaurant,
    /// Not a name: the enriched message exceeds the broker's limit. The order stays parked until a newer event comes or
    /// until it is released by hand. No record is at hand that could become a dead letter.
    Size,
    /// A user.
    User,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Product, Self::Payload, Self::Restaurant, Self::Size, Self::User];

    /// The kind as stored in `stg.missing_names`, shown by `parked list` and used as a label of metrics. The stored word
    /// for a product is `dish`, and for a size `room`: migrations do not change stored data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Product => "dish",
            Self::Payload => "payload",
            Self::Restaurant => "restaurant",
            Self::Size => "room",
            Self::User => "user",
        }
    }

    /// Parses the kind as stored in the table.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Missing {
    /// Whether the name is available now.
    #[must_use]
    pub fn is_known(&self, lookup: &Lookup) -> bool {
        match self.kind {
            Kind::Payload | Kind::Size => false,
            Kind::User => lookup.user(&self.id).is_some(),
            Kind::Restaurant => lookup.restaurant(&self.id).is_some(),
            Kind::Product => {
                let restaurant = lookup.restaurant(&self.restaurant_id);
                restaurant.and_then(|restaurant| menu_entry(restaurant, &self.id)).is_some()
            }
        }
    }
}

/// Treatment of products that are not on the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuName {
    /// The order waits for them.
    Required,
    /// The order has waited long enough: such products keep the name in the order and get no category.
    Optional,
}

/// The event with names instead of ids; the names were read at `now`.
///
/// # Errors
/// The missing names, sorted.
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
        let mut all: Vec<_> = unknown.map(|(item, _)| missing(Kind::Product, &item.id, &event.restaurant_id)).collect();
        all.sort();
        all.dedup();
        return Err(all);
    }
    let restaurant = orders::Restaurant { id: event.restaurant_id.clone(), name: restaurant.name.clone() };
    let user = User { id: event.user_id.clone(), name: user.name.clone(), login: user.login.clone() };
    let read_at = now.before(lookup.age(&event.user_id, &event.restaurant_id));
    Ok(Enriched::new(event, read_at, restaurant, user, named.into_iter().flatten().collect()))
}

/// Name and category of a product, if both are known.
fn menu_entry<'a>(restaurant: &'a Restaurant, product_id: &str) -> Option<(&'a str, &'a str)> {
    let product = restaurant.menu.get(product_id)?;
    Some((&product.name, product.category.as_deref()?))
}

fn product(item: &Item, restaurant: &Restaurant, menu_name: MenuName) -> Option<Product> {
    let (name, category) = match (menu_entry(restaurant, &item.id), menu_name) {
        (Some(known), _) => known,
        (None, MenuName::Required) => return None,
        (None, MenuName::Optional) => {
            let name = restaurant.menu.get(&item.id).map_or(&item.name, |product| &product.name);
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
