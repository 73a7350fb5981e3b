//! The supervisor of a consumer or producer: tries a fresh client when the client makes no progress, and reports the
//! stall.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, StallCause};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::{
    Error, Settings,
    admin::metadata_client::MetadataClient,
    client::error::unavailable,
    client::supervision::{NO_ANSWER, NOT_SETTLED, Supervision},
};

/// The supervised client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Consumer,
    Producer,
}

/// The health of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Health {
    /// The client makes progress, or has nothing to do.
    #[default]
    Well,
    /// The coordinator answers, but a rebalance is not complete.
    NotSettled,
    /// The brokers do not answer.
    NoAnswer,
}

/// Combines [`Supervision`], which decides, with [`MetadataClient`], which requests.
pub(crate) struct Supervisor {
    client: Client,
    settings: Settings,
    loop_health: Option<Arc<LoopHealth>>,
    supervision: Supervision,
    probing: Option<JoinHandle<Result<(), Error>>>,
}

impl Supervisor {
    pub(crate) fn new(client: Client, settings: &Settings, loop_health: Option<Arc<LoopHealth>>) -> Self {
        metrics::counter!("tagmill_client_replacements_total", "client" => client.name()).increment(0);
        Self { client, settings: settings.clone(), loop_health, supervision: Supervision::default(), probing: None }
    }

    /// Records the current health of the client.
    pub(crate) fn observe(&mut self, health: Health) {
        let patience = match health {
            Health::Well => return self.progress(),
            Health::NotSettled => NOT_SETTLED,
            Health::NoAnswer => NO_ANSWER,
        };
        self.supervision.no_progress(Instant::now(), patience);
    }

    fn progress(&mut self) {
        if self.supervision.next_probe().is_some() {
            self.supervision.progress();
            self.probing = None; // its answer is no longer needed
        }
        if let Some(loop_health) = &self.loop_health {
            loop_health.clear_stall(self.client.cause(), self.subject());
        }
    }

    /// Resolves when the client has to be replaced. It can be dropped at any time and called again.
    pub(crate) async fn until_lost(&mut self) {
        loop {
            let Some(probing) = &mut self.probing else {
                let Some(at) = self.supervision.next_probe() else { return std::future::pending().await };
                sleep_until(at).await;
                self.probing = Some(self.probe());
                continue;
            };
            let answer = probing.await;
            self.probing = None;
            if self.answered(&answer.unwrap_or_else(|error| Err(unavailable(error).into()))) {
                return;
            }
        }
    }

    /// Tries a fresh client, in a thread that may block.
    fn probe(&self) -> JoinHandle<Result<(), Error>> {
        let (client, settings) = (self.client, self.settings.clone());
        tokio::task::spawn_blocking(move || match client {
            Client::Consumer => MetadataClient::of_group(&settings)?.reach_group(&settings.source_topic),
            Client::Producer => {
                let metadata_client = MetadataClient::new(&settings)?;
                let topics = settings.destination_topic.iter().chain([&settings.dead_letter_topic]);
                topics.into_iter().try_for_each(|topic| metadata_client.reach_leaders(topic))
            }
        })
    }

    fn answered(&mut self, answer: &Result<(), Error>) -> bool {
        let now = Instant::now();
        let is_lost = self.supervision.probed(now, answer.is_ok());
        if is_lost {
            tracing::error!(
                client = self.client.name(),
                "the client makes no progress although a new client reaches the brokers; it is replaced"
            );
        }
        // A deleted topic has a stall of its own.
        if let Some(loop_health) = self.loop_health.as_ref().filter(|_| self.supervision.is_stalled(now)) {
            match answer {
                Ok(()) => loop_health.set_stall(self.client.cause(), self.subject(), self.client.is_alone()),
                Err(Error::NoTopic(_)) => loop_health.clear_stall(self.client.cause(), self.subject()),
                Err(error) => loop_health.set_stall(self.client.cause(), self.subject(), &plain(error)),
            }
        }
        is_lost
    }

    fn subject(&self) -> &str {
        match self.client {
            Client::Consumer => &self.settings.group_id,
            Client::Producer => self.settings.destination_topic.as_ref().unwrap_or(&self.settings.dead_letter_topic),
        }
    }
}

impl Client {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Producer => "producer",
        }
    }

    const fn cause(self) -> StallCause {
        match self {
            Self::Consumer => StallCause::ConsumerLost,
            Self::Producer => StallCause::ProducerLost,
        }
    }

    /// The text of a stall that concerns this client alone: a new client reaches the brokers.
    const fn is_alone(self) -> &'static str {
        match self {
            Self::Consumer => {
                "the consumer is not in its group although a new client reaches the brokers; it is replaced"
            }
            Self::Producer => {
                "the producer gets no acknowledgement although a new client reaches the brokers; it is replaced"
            }
        }
    }

    /// Counts a replacement, for any reason.
    pub(crate) fn count_replacement(self) {
        metrics::counter!("tagmill_client_replacements_total", "client" => self.name()).increment(1);
    }
}

/// The error of a fresh client, without the times that differ in each attempt.
fn plain(error: &Error) -> String {
    let error = error.to_string();
    let error = error.split(" (after ").next().unwrap_or(&error);
    format!("a new client cannot reach the brokers either: {error}")
}

/// The interval of checks of a producer while acknowledgements are outstanding.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
