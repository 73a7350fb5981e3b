//! Output of the order system: events in its topic, objects in Redis.

use serde::Deserialize;

/// One record of the orders topic. The order system sets neither a key nor headers, so there is only a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The bytes of the record; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// One object of the reference store: a restaurant with its menu, or a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The key in Redis: the object's own `_id`.
    pub id: String,
    /// The value in Redis, byte for byte.
    pub json: String,
}

impl Reference {
    /// Takes the key from the object itself.
    ///
    /// # Errors
    /// If the text is not a JSON object with a text `_id`.
    pub fn parse(json: String) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "_id")]
            id: String,
        }
        let Named { id } = serde_json::from_str(&json)?;
        Ok(Self { id, json })
    }
}
