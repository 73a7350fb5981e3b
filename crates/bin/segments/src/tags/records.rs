//! Records of `cdm-service-tags`: each names a user whose tags are read again.

use std::{collections::BTreeMap, convert::Infallible};

use consumer::{Dependency, Failure, Outcome, Processor, Record, Rejection, StoreResult};
use database::Migrations;
use runtime::StartupError;
use stream::{Description, Service, Shared};

use crate::{changes::Changes, migrations::MIGRATIONS};

/// Settings of its own: none.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct NoSettings {}

/// Makes the tag segments of users those of their tags.
pub struct TagRecords {
    changes: Changes,
}

impl TagRecords {
    /// Records about users of these changes.
    #[must_use]
    pub const fn new(changes: Changes) -> Self {
        Self { changes }
    }
}

/// The id of the user in the order system. Pure.
fn decode(record: &Record) -> Result<String, Outcome> {
    #[derive(serde::Deserialize)]
    struct Event {
        user_id: String,
    }
    let Some(value) = &record.value else { return Err(Outcome::Skipped("tombstone")) };
    let event = serde_json::from_slice::<Event>(value).ok().filter(|event| !event.user_id.contains('\0'));
    let rejection = || Rejection::new("not-json", "the record is no JSON object with a text user_id");
    event.map(|event| event.user_id).ok_or_else(|| Outcome::DeadLetter(rejection()))
}

impl Processor for TagRecords {
    type Event = String;
    type Key = String;
    const STORE: Dependency = database::POSTGRES;

    fn decode(&self, record: &Record) -> Result<String, Outcome> {
        decode(record)
    }

    /// The order does not matter: the tags are read.
    fn key(&self, _: &String) -> Option<String> {
        None
    }

    /// Each user has a transaction of its own.
    async fn store(&self, users: &[String]) -> Result<StoreResult, Failure> {
        let mut outcomes = BTreeMap::new();
        for user in users {
            if !outcomes.contains_key(user) {
                let is_changed = self.changes.follow_tags(user).await?;
                outcomes.insert(user.clone(), if is_changed { Outcome::Stored } else { Outcome::Unchanged });
            }
        }
        let outcomes = users.iter().map(|user| outcomes.get(user).cloned().unwrap_or(Outcome::Unchanged)).collect();
        Ok(StoreResult { outcomes, messages: Vec::new() })
    }
}

impl Service for TagRecords {
    const DESCRIPTION: Description = Description {
        name: "segments-service",
        about: "",
        source_topic: "cdm-service-tags",
        destination_topic: None,
        dead_letter_topic: "segments-service-dead-letters",
    };
    const MIGRATIONS: &'static Migrations = &MIGRATIONS;
    const DEPENDENCIES: &'static [Dependency] = &[stream::KAFKA, database::POSTGRES];
    const LOOP: Option<&'static str> = Some("tags");
    type Commands = Infallible;
    type Settings = NoSettings;

    async fn processor(_: &NoSettings, shared: &Shared) -> Result<Self, StartupError> {
        Ok(Self::new(Changes::new(shared.database.clone())))
    }
}
