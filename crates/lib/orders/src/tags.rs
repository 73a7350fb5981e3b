//! Tag events, the message of CDM (`cdm-service-tags`): one change of one user's tag.

use serde::Serialize;
use uuid::Uuid;

use crate::{UtcMicros, text};

/// A tag that was assigned to a user or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagEvent {
    /// The id of the event: computed from the user, the rule and the number of the change, so that consumers recognize
    /// repetitions.
    pub event_id: Uuid,
    /// The user's id in the source.
    pub user_id: String,
    /// The tag.
    pub tag: String,
    /// Whether it was assigned or removed.
    pub action: Action,
    /// The id of the rule.
    pub rule_id: i64,
    /// The kind of what the rule counts.
    pub subject: Subject,
    /// The name of the category or product.
    pub subject_name: String,
    /// The number of the user's CLOSED orders that contained it at that time.
    pub order_cnt: i32,
    /// The threshold of the rule at that time.
    pub threshold: i32,
    /// The time of the change, by the clock of PostgreSQL.
    pub at: UtcMicros,
}

/// The change of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The user has the tag from now on.
    Assigned,
    /// The user no longer has the tag.
    Revoked,
}

/// The kind of what a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The products of a category, identified by its name.
    Category,
    /// A product, identified by its id in the source.
    Product,
}

impl TagEvent {
    /// The message's JSON text.
    ///
    /// # Errors
    /// None in practice: every part is a string or a number.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Shortens the message by this many bytes, first by cutting the name of the subject, then the tag. At least one
    /// character of each remains.
    pub fn shorten_by(&mut self, bytes: usize) {
        let spared = text::shorten_json(&mut self.subject_name, bytes);
        text::shorten_json(&mut self.tag, bytes.saturating_sub(spared));
    }
}

impl Action {
    /// The text in messages and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Revoked => "revoked",
        }
    }

    /// Parses the text of a table.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Assigned, Self::Revoked].into_iter().find(|action| action.as_str() == text)
    }
}

impl Subject {
    /// The text in messages and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Product => "product",
        }
    }

    /// Parses the text of a table.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Category, Self::Product].into_iter().find(|subject| subject.as_str() == text)
    }

    /// The hub key of the subject of a rule: of a category's name, or of a product's id in the source.
    #[must_use]
    pub fn key(self, name_or_id: &str) -> Uuid {
        match self {
            Self::Category => crate::keys::category(crate::cut_category(name_or_id)),
            Self::Product => crate::keys::product(name_or_id),
        }
    }
}
