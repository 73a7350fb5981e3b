//! Enriched orders, the message from STG to DDS (`stg-service-orders`): orders with names in place of ids.

use serde::Serialize;

use crate::{
    Event, Malformed, Money, RecordTime, Unusable, UtcMicros, Version, cut_category,
    parsing::canonical,
    parsing::document::{self, Fields},
    sums, text,
    version::VersionParts,
};

/// One version of an order, with the names that it had when STG read them. STG writes it once, and every replay has the
/// same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enriched {
    /// The number of the order, ≥ 0.
    pub object_id: i64,
    /// When the order system sent this version.
    pub sent_at: UtcMicros,
    /// When STG read the names.
    pub enriched_at: UtcMicros,
    /// When the order was placed.
    pub date: UtcMicros,
    /// The price of the order.
    pub cost: Money,
    /// The amount paid.
    pub payment: Money,
    /// The status.
    pub status: String,
    /// When the order last changed, according to the order system.
    pub updated_at: Option<UtcMicros>,
    /// The version, which orders the events of one order.
    pub version: Version,
    /// The restaurant.
    pub restaurant: Restaurant,
    /// The user.
    pub user: User,
    /// The products, one entry per line of the order, in their order.
    pub products: Vec<Product>,
}

/// A restaurant with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restaurant {
    /// The id in the source.
    pub id: String,
    /// The name in Redis.
    pub name: String,
}

/// A user with name and login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The id in the source.
    pub id: String,
    /// The name in Redis.
    pub name: String,
    /// The login in Redis. Empty if there is none.
    pub login: String,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    /// The id of the product in the source.
    pub id: String,
    /// The price of one piece.
    pub price: Money,
    /// The number of pieces, ≥ 1.
    pub quantity: i64,
    /// The name on the menu.
    pub name: String,
    /// The category on the menu, at most 255 characters.
    pub category: String,
}

#[derive(Serialize)]
struct Message<'a> {
    object_id: i64,
    object_type: &'static str,
    sent_dttm: UtcMicros,
    enriched_at: UtcMicros,
    payload: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    id: i64,
    date: UtcMicros,
    cost: Money,
    payment: Money,
    status: &'a str,
    update_ts: Option<UtcMicros>,
    version: &'a Version,
    restaurant: &'a Restaurant,
    user: &'a User,
    products: &'a [Product],
}

impl Enriched {
    /// Combines an event with the names found for it.
    #[must_use]
    pub fn new(
        event: &Event,
        enriched_at: UtcMicros,
        restaurant: Restaurant,
        user: User,
        products: Vec<Product>,
    ) -> Self {
        Self {
            object_id: event.object_id,
            sent_at: event.sent_at,
            enriched_at,
            date: event.date,
            cost: event.cost,
            payment: event.payment,
            status: event.status.clone(),
            updated_at: event.updated_at,
            version: event.version.clone(),
            restaurant,
            user,
            products,
        }
    }

    /// The message's JSON text.
    ///
    /// # Errors
    /// None in practice: every part is a string, a number or a list of those.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Message {
            object_id: self.object_id,
            object_type: "order",
            sent_dttm: self.sent_at,
            enriched_at: self.enriched_at,
            payload: Payload {
                id: self.object_id,
                date: self.date,
                cost: self.cost,
                payment: self.payment,
                status: &self.status,
                update_ts: self.updated_at,
                version: &self.version,
                restaurant: &self.restaurant,
                user: &self.user,
                products: &self.products,
            },
        })
    }
}

/// Parses the value of a record that was written at `written_at` (milliseconds since the Unix epoch). The fields that
/// STG adds (`sent_dttm`, `enriched_at`, `update_ts`, `version`, `user.login`) may be absent: times are then the date
/// of the order.
///
/// # Errors
/// [`Unusable::Ignored`] for service messages and tombstones, [`Unusable::Malformed`] for an order that cannot be
/// parsed.
pub fn read(value: Option<&[u8]>, written_at: Option<i64>) -> Result<Enriched, Unusable> {
    let document = document::parse(value)?;
    document::check_type(&document)?;
    text::check_nul(value.unwrap_or_default())?;
    let top = Fields::top(&document);
    let payload = top.object("payload")?;
    let limit = RecordTime::from(written_at).limit_of_sent();

    let date = payload.time("date")?;
    let sent_at = top.optional_time("sent_dttm")?;
    let updated_at = payload.optional_time("update_ts")?;
    payload.check_not_ahead("date", Some(date), limit)?;
    top.check_not_ahead("sent_dttm", sent_at, limit)?;
    payload.check_not_ahead("update_ts", updated_at, limit)?;
    let enriched_at = top.optional_time("enriched_at")?;
    payload.check_not_the_end("date", Some(date))?;
    top.check_not_the_end("sent_dttm", sent_at)?;
    top.check_not_the_end("enriched_at", enriched_at)?;

    let sent_at = sent_at.unwrap_or(date);
    let status = payload.text("status")?.to_owned();
    let version = match payload.optional_version("version")? {
        Some(version) => version,
        None => {
            let digest = document.get("payload").map(canonical::digest_of).unwrap_or_default();
            Version::of(&VersionParts { updated_at, sent_at, status: &status, statuses: 0, digest: &digest })
        }
    };
    let (restaurant, user) = (payload.object("restaurant")?, payload.object("user")?);
    let products: Vec<Product> = payload.list("products")?.iter().map(read_product).collect::<Result<_, _>>()?;
    sums::check("payload.products", products.iter().map(|line| (line.id.as_str(), line.quantity, line.price)))?;
    Ok(Enriched {
        object_id: top.integer("object_id", 0)?,
        sent_at,
        enriched_at: enriched_at.unwrap_or(date),
        date,
        cost: payload.money("cost")?,
        payment: payload.money("payment")?,
        status,
        updated_at,
        version,
        restaurant: Restaurant { id: restaurant.id("id")?.to_owned(), name: restaurant.name("name")?.to_owned() },
        user: User {
            id: user.id("id")?.to_owned(),
            name: user.name("name")?.to_owned(),
            login: user.optional_text("login")?.unwrap_or_default().to_owned(),
        },
        products,
    })
}

fn read_product(product: &Fields<'_>) -> Result<Product, Malformed> {
    Ok(Product {
        id: product.id("id")?.to_owned(),
        price: product.money("price")?,
        quantity: product.integer("quantity", 1)?,
        name: product.name("name")?.to_owned(),
        category: cut_category(product.name("category")?).to_owned(),
    })
}
