//! `Processor` and `Service` of cdm: the entry points for the consumer loop and the runtime.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use consumer::{Dependency, Failure, OutboxBatch, Outcome, Processor, Record, StoreResult};
use database::{Database, Migrations};
use http::{ConcurrencyLimit, Token};
use orders::Counters;
use runtime::StartupError;
use stream::{
    Description, Service, Shared,
    rebuild::{Rebuild, Step},
};

use crate::{
    api,
    commands::Commands,
    dashboard, decode,
    publish::TagEvents,
    replace,
    rules::applier::RuleApplier,
    settings::{Settings, Switch},
    store::{self, ReplayHint},
    summary::Summary,
};

/// The cdm service.
pub struct Cdm {
    database: Database,
    replay_hint: ReplayHint,
    max_message_bytes: usize,
    rebuild: Rebuild,
    rule_applier: RuleApplier,
    tag_events: TagEvents,
    _summary: Summary,
}

impl Service for Cdm {
    const DESCRIPTION: Description = Description {
        name: "cdm-service",
        about: "Keeps the product and category marts, and tags users by rules.",
        source_topic: "dds-service-orders",
        destination_topic: Some("cdm-service-tags"),
        dead_letter_topic: "cdm-service-dead-letters",
    };
    const MIGRATIONS: &'static Migrations = &warehouse::MIGRATIONS;
    type Commands = Commands;
    type Settings = Settings;

    async fn processor(settings: &Self::Settings, shared: &Shared) -> Result<Self, StartupError> {
        Ok(Self {
            database: shared.database.clone(),
            replay_hint: ReplayHint::default(),
            max_message_bytes: shared.max_message_bytes,
            rebuild: Rebuild::new(shared),
            rule_applier: RuleApplier::default(),
            tag_events: TagEvents::default(),
            _summary: Summary::spawn(shared.database.dedicated(), settings.summary_refresh),
        })
    }

    fn describe_metrics() {
        crate::metrics::describe();
    }

    fn routes(settings: &Settings, database: Database) -> Router {
        let token = || settings.tag_api_token.as_ref().map(|token| Token::new(token.expose()));
        let limit = ConcurrencyLimit::default();
        let mut routes = Router::new();
        if settings.tag_api == Switch::On {
            routes = routes.merge(api::routes(database.clone(), token(), &limit));
        }
        if settings.dashboard == Switch::On {
            routes = routes.merge(dashboard::routes(database, token(), &limit));
        }
        routes
    }

    /// The interval delays the exchange of rebuilt marts, the application of changed rules, and the publication of
    /// tags. A round without work is three small reads.
    fn background_interval(_: &Settings) -> Duration {
        Duration::from_millis(500)
    }
}

impl Processor for Cdm {
    type Event = Counters;
    type Key = Infallible;
    const STORE: Dependency = database::POSTGRES;

    fn decode(&self, record: &Record) -> Result<Counters, Outcome> {
        decode::decode(record)
    }

    /// Messages need no sequence: versions decide which counter is newer.
    fn key(&self, _: &Counters) -> Option<Infallible> {
        None
    }

    async fn store(&self, events: &[Counters]) -> Result<StoreResult, Failure> {
        let outcomes = store::store(&self.database, &self.replay_hint, self.rebuild.service(), events).await?;
        Ok(StoreResult { outcomes, messages: Vec::new() })
    }

    async fn poll_outbox(&mut self, _: usize) -> Result<OutboxBatch, Failure> {
        if let Step::CaughtUp(state) = self.rebuild.look().await? {
            replace::replace(&self.database, self.rebuild.service(), &state).await?;
            return Ok(OutboxBatch { messages: Vec::new(), more: true });
        }
        if self.rule_applier.run(&self.database).await? {
            return Ok(OutboxBatch { messages: Vec::new(), more: true });
        }
        let messages = self.tag_events.next_batch(&self.database, self.max_message_bytes).await?;
        Ok(OutboxBatch { more: !messages.is_empty(), messages })
    }

    async fn mark_sent(&mut self) -> Result<(), Failure> {
        self.tag_events.mark_sent().await
    }
}
