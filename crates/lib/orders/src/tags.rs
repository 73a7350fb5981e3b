//! What CDM tells of tags: a message of `cdm-service-tags`, one change of one user's tag.

use serde::Serialize;
use uuid::Uuid;

use crate::{UtcMicros, text};

/// A tag that was assigned to a user, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagEvent {
    /// A function of the user, the rule and which change of that pair this is: who reads it twice can tell.
    pub event_id: Uuid,
    /// The user's id in the source.
    pub user_id: String,
    /// What the user is called, or no longer.
    pub tag: String,
    /// What happened to it.
    pub action: Action,
    /// By which rule.
    pub rule_id: i64,
    /// What the rule counts.
    pub subject: Subject,
    /// The name of the category or product.
    pub subject_name: String,
    /// In how many of the user's CLOSED orders it was at that moment.
    pub order_cnt: i32,
    /// How many the rule asked for at that moment.
    pub threshold: i32,
    /// When, by the clock of PostgreSQL.
    pub at: UtcMicros,
}

/// What happens to a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The user has it from now on.
    Assigned,
    /// The user no longer has it.
    Revoked,
}

/// What a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The dishes of a category, by its name.
    Category,
    /// A dish, by its id in the source.
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

    /// Cuts so many bytes off the message, first off the subject's name and then off the tag; at least a character of each
    /// stays.
    pub fn shorten_by(&mut self, bytes: usize) {
        let spared = text::shorten_json(&mut self.subject_name, bytes);
        text::shorten_json(&mut self.tag, bytes.saturating_sub(spared));
    }
}

impl Action {
    /// As messages and tables write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Revoked => "revoked",
        }
    }

    /// Reads what a table says.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Assigned, Self::Revoked].into_iter().find(|action| action.as_str() == text)
    }
}

impl Subject {
    /// As messages and tables write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Product => "product",
        }
    }

    /// Reads what a table says.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Category, Self::Product].into_iter().find(|subject| subject.as_str() == text)
    }

    /// The hub key of what a rule names: a category by its name, a product by its id in the source.
    #[must_use]
    pub fn key(self, name_or_id: &str) -> Uuid {
        match self {
            Self::Category => crate::keys::category(crate::cut_category(name_or_id)),
            Self::Product => crate::keys::product(name_or_id),
        }
    }
}
