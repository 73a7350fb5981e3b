//! What the order system says: a message of `order-service_orders`.

use crate::{
    Malformed, Money, RecordTime, Unusable, UtcMicros, Version,
    parsing::canonical,
    parsing::document::{self, Fields},
    sums, text,
    version::VersionParts,
};

/// One event of one order: the state the order had when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The order, ≥ 0.
    pub object_id: i64,
    /// When the order system sent it.
    pub sent_at: UtcMicros,
    /// When the order last changed, as far as the order system says.
    pub updated_at: Option<UtcMicros>,
    /// When it was ordered.
    pub date: UtcMicros,
    /// Where.
    pub restaurant_id: String,
    /// By whom.
    pub user_id: String,
    /// What; may be empty.
    pub items: Vec<Item>,
    /// The price of the order.
    pub cost: Money,
    /// What was paid for it.
    pub payment: Money,
    /// Its last status.
    pub status: String,
    /// Which of an order's events is the newest.
    pub version: Version,
    /// The payload, byte for byte as received.
    pub payload: String,
}

/// One line of an order. Its name in the event is the order system's; the one sent on is the menu's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The dish.
    pub id: String,
    /// Its name as the order system has it; used only where no menu knows the dish.
    pub name: String,
    /// For one piece.
    pub price: Money,
    /// Pieces, ≥ 1.
    pub quantity: i64,
}

/// Reads the value of a record. None of its dates may be more than 24 h ahead of `time`, usually the record's
/// timestamp.
///
/// # Errors
/// [`Unusable::Ignored`] for service messages and tombstones, [`Unusable::Malformed`] for an order that cannot be read.
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

/// The event that was stored as these: what [`read`] made of its record.
///
/// # Errors
/// When the payload breaks a rule that was not one when it was stored.
pub fn restore(object_id: i64, sent_at: UtcMicros, payload: String, version: Version) -> Result<Event, Malformed> {
    let document = serde_json::from_str(&payload)
        .map_err(|error| Malformed::new("not-json", format!("the payload is not a JSON object: {error}")))?;
    let read = Payload::read(&Fields::top(&document))?;
    Ok(read.into_event(object_id, sent_at, version, payload))
}

/// What a payload says.
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
