//! Order events, the message of the order system (`order-service_orders`).

use crate::{
    Malformed, Money, RecordTime, Unusable, UtcMicros, Version,
    parsing::canonical,
    parsing::document::{self, Fields},
    sums, text,
    version::VersionParts,
};

/// One event of one order: the state of the order when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The number of the order, ≥ 0.
    pub object_id: i64,
    /// When the order system sent it.
    pub sent_at: UtcMicros,
    /// When the order last changed, according to the order system.
    pub updated_at: Option<UtcMicros>,
    /// When the order was placed.
    pub date: UtcMicros,
    /// The id of the restaurant.
    pub restaurant_id: String,
    /// The id of the user.
    pub user_id: String,
    /// The lines of the order. May be empty.
    pub items: Vec<Item>,
    /// The price of the order.
    pub cost: Money,
    /// The amount paid.
    pub payment: Money,
    /// The last status.
    pub status: String,
    /// The version, which orders the events of one order.
    pub version: Version,
    /// The payload, byte for byte as received.
    pub payload: String,
}

/// One line of an order. Its name comes from the order system; the published message has the name on the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The id of the product.
    pub id: String,
    /// The name from the order system, used only if no menu contains the product.
    pub name: String,
    /// The price of one piece.
    pub price: Money,
    /// The number of pieces, ≥ 1.
    pub quantity: i64,
}

/// Parses the value of a record. No date may be more than 24 h ahead of `time`, which is usually the timestamp of the
/// record.
///
/// # Errors
/// [`Unusable::Ignored`] for service messages and tombstones, [`Unusable::Malformed`] for an order that cannot be
/// parsed.
pub fn read(value: Option<&[u8]>, time: impl Into<RecordTime>) -> Result<Event, Unusable> {
    let time = time.into();
    let (document, raw) = document::parse_with_text(value, "payload")?;
    document::check_type(&document)?;
    text::check_nul(value.unwrap_or_default())?;
    let top = Fields::top(&document);
    let object_id = top.integer("object_id", 0)?;
    let sent_at = top.time("sent_dttm")?;
    let payload = Payload::read(&top.object("payload")?)?;
    top.check_not_ahead("sent_dttm", Some(sent_at), time.limit_of_sent())?;
    top.check_not_ahead("payload.update_ts", payload.updated_at, time.limit(sent_at))?;
    top.check_not_ahead("payload.date", Some(payload.date), time.limit(sent_at))?;
    top.check_not_the_end("sent_dttm", Some(sent_at))?;
    top.check_not_the_end("payload.date", Some(payload.date))?;
    let lines = payload.items.iter().map(|item| (item.id.as_str(), item.quantity, item.price));
    sums::check("payload.order_items", lines)?;

    let digest = document.get("payload").map(canonical::digest_of).unwrap_or_default();
    let Payload { updated_at, ref status, statuses, .. } = payload;
    let version = Version::of(&VersionParts { updated_at, sent_at, status, statuses, digest: &digest });
    Ok(payload.into_event(object_id, sent_at, version, raw.unwrap_or_default().to_owned()))
}

/// The event that was stored with these values: the result of [`read`] for its record.
///
/// # Errors
/// The payload breaks a rule that did not exist when it was stored.
pub fn restore(object_id: i64, sent_at: UtcMicros, payload: String, version: Version) -> Result<Event, Malformed> {
    let document = serde_json::from_str(&payload)
        .map_err(|error| Malformed::new("not-json", format!("the payload is not a JSON object: {error}")))?;
    let read = Payload::read(&Fields::top(&document))?;
    Ok(read.into_event(object_id, sent_at, version, payload))
}

/// Parses the fields of a payload.
struct Payload {
    updated_at: Option<UtcMicros>,
    date: UtcMicros,
    restaurant_id: String,
    user_id: String,
    items: Vec<Item>,
    cost: Money,
    payment: Money,
    status: String,
    statuses: usize,
}

impl Payload {
    fn read(payload: &Fields<'_>) -> Result<Self, Malformed> {
        let statuses = payload.optional_list("statuses")?;
        for status in &statuses {
            status.optional_text("status")?;
            status.optional_time("dttm")?;
        }
        payload.optional_money("bonus_payment")?;
        payload.optional_money("bonus_grant")?;
        Ok(Self {
            updated_at: payload.optional_time("update_ts")?,
            date: payload.time("date")?,
            restaurant_id: payload.object("restaurant")?.id("id")?.to_owned(),
            user_id: payload.object("user")?.id("id")?.to_owned(),
            items: payload.list("order_items")?.iter().map(read_item).collect::<Result<_, _>>()?,
            cost: payload.money("cost")?,
            payment: payload.money("payment")?,
            status: payload.text("final_status")?.to_owned(),
            statuses: statuses.len(),
        })
    }

    fn into_event(self, object_id: i64, sent_at: UtcMicros, version: Version, payload: String) -> Event {
        let Self { updated_at, date, restaurant_id, user_id, items, cost, payment, status, .. } = self;
        Event {
            object_id,
            sent_at,
            updated_at,
            date,
            restaurant_id,
            user_id,
            items,
            cost,
            payment,
            status,
            version,
            payload,
        }
    }
}

fn read_item(item: &Fields<'_>) -> Result<Item, Malformed> {
    Ok(Item {
        id: item.id("id")?.to_owned(),
        name: item.name("name")?.to_owned(),
        price: item.money("price")?,
        quantity: item.integer("quantity", 1)?,
    })
}
