//! The targets by kind, and the one of a subscription.

use consumer::Failure;

use self::{csv::Csv, kafka::Topic, webhook::Webhook};
use super::{
    settings::SubscriberSettings,
    store::Subscription,
    target::{Answer, Audience, Pages, Stop, Takes, Target as _},
};

pub mod webhook;
pub mod kafka;
pub mod csv;

/// The target of a subscription.
#[derive(Debug)]
pub enum AnyTarget {
    /// Sends requests.
    Webhook(Webhook),
    /// Publishes records.
    Kafka(Topic),
    /// Writes files.
    Csv(Csv),
}

/// The kinds, as the table names them.
pub const KINDS: [&str; 3] = ["webhook", "kafka", "csv"];

/// What targets need of the process.
#[derive(Debug, Clone)]
pub struct Targets {
    webhooks: webhook::Sender,
    topics: kafka::Sender,
    files: csv::Files,
}

impl Targets {
    /// The targets of these settings.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(settings: &SubscriberSettings) -> Result<Self, runtime::ExitError> {
        Ok(Self {
            webhooks: webhook::Sender::new(settings.webhook_private)?,
            topics: kafka::Sender::default(),
            files: csv::Files::new(&settings.files)?,
        })
    }

    /// The same with Kafka.
    #[must_use]
    pub fn with_kafka(self, topics: kafka::Sender) -> Self {
        Self { topics, ..self }
    }

    /// Whether a webhook may have this address.
    ///
    /// # Errors
    /// Why it may not, for people.
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        self.webhooks.check_url(url)
    }

    /// The target of a subscription.
    ///
    /// # Errors
    /// Its parameters cannot be used: the subscription fails until it is changed.
    pub fn of(&self, subscription: &Subscription) -> Result<AnyTarget, Stop> {
        match subscription.target.as_str() {
            "webhook" => Ok(AnyTarget::Webhook(self.webhooks.to(subscription)?)),
            "kafka" => Ok(AnyTarget::Kafka(self.topics.to(subscription)?)),
            "csv" => Ok(AnyTarget::Csv(self.files.to(subscription)?)),
            other => Err(Stop::retry(format!("target {other} is not available"))),
        }
    }
}

impl AnyTarget {
    /// How it takes changes.
    #[must_use]
    pub const fn takes(&self) -> Takes {
        match self {
            Self::Webhook(_) => Webhook::TAKES,
            Self::Kafka(_) => Topic::TAKES,
            Self::Csv(_) => Csv::TAKES,
        }
    }

    pub(super) async fn select(&self, audience: &Audience) -> Result<Option<bool>, Stop> {
        match self {
            Self::Webhook(webhook) => webhook.select(audience).await,
            Self::Kafka(topic) => topic.select(audience).await,
            Self::Csv(csv) => csv.select(audience).await,
        }
    }

    pub(super) async fn create(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        match self {
            Self::Webhook(webhook) => webhook.create(audience, pages).await,
            Self::Kafka(topic) => topic.create(audience, pages).await,
            Self::Csv(csv) => csv.create(audience, pages).await,
        }
    }

    pub(super) async fn update(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        match self {
            Self::Webhook(webhook) => webhook.update(audience, pages).await,
            Self::Kafka(topic) => topic.update(audience, pages).await,
            Self::Csv(csv) => csv.update(audience, pages).await,
        }
    }

    pub(super) async fn remove(&self, audience: &Audience) -> Result<(), Stop> {
        match self {
            Self::Webhook(webhook) => webhook.remove(audience).await,
            Self::Kafka(topic) => topic.remove(audience).await,
            Self::Csv(csv) => csv.remove(audience).await,
        }
    }
}
