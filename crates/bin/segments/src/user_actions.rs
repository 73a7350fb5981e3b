//! Users from Kafka: a record of `UserAction` names a user whose state may have changed, and the user service is asked.
//!
//! A number is taken from a sequence before each request, and its answer is stored only if no later request has been
//! answered: so no lock is held during a request, and the order of answers does not matter.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use consumer::{Dependency, DependencyError, Failure, Fault, Outcome, Processor, Record, Rejection, StoreResult};
use database::Migrations;
use futures_util::{StreamExt as _, TryStreamExt as _, stream::iter};
use http_client::{Answer, Client};
use runtime::{ExitError, StartupError, settings::Secret};
use stream::{Description, Service, Shared};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    changes::{Cause, Changes, Status},
    migrations::MIGRATIONS,
};

/// The user service as a dependency.
const USER_SERVICE: Dependency = Dependency { name: "user-service", setting: "USER_SERVICE_URL" };

/// Maximum number of requests at a time.
const MAX_REQUESTS: usize = 16;

/// Maximum time of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The settings of the user service.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct UserServiceSettings {
    /// Address of the user service, to which the service sends `GET /users/<userID>`. Required with KAFKA_BOOTSTRAP_SERVERS, except with
    /// TAG_SEGMENTS=on: if it is unset then, only tags are read from Kafka.
    #[arg(long, env = "USER_SERVICE_URL", value_name = "URL")]
    pub user_service_url: Option<Secret>,

    /// Bearer token for the user service. Unset: requests have no token.
    #[arg(long, env = "USER_SERVICE_TOKEN", value_name = "TOKEN", value_parser = runtime::settings::bearer_token)]
    pub user_service_token: Option<Secret>,
}

/// Asks the user service, and stores its answers.
pub struct UserActions {
    changes: Changes,
    client: Client,
    base: String,
    token: Option<Secret>,
    requests: Semaphore,
}

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Set(Status),
    Reject(Rejection),
    /// The user service does not work. The text says how.
    Outage(String),
}

impl UserActions {
    /// Users of these changes, at a user service.
    ///
    /// # Errors
    /// The address is not set, or the system has no certificate authorities.
    pub fn new(changes: Changes, settings: &UserServiceSettings) -> Result<Self, ExitError> {
        let base = url(settings)?.trim_end_matches('/').to_owned();
        let client = Client::new(REQUEST_TIMEOUT);
        let client = client.map_err(|error| ExitError::Config(format!("USER_SERVICE_URL: {error}")))?;
        let token = settings.user_service_token.clone();
        Ok(Self { changes, client, base, token, requests: Semaphore::new(MAX_REQUESTS) })
    }

    /// Asks for the state of a user and stores it.
    async fn refresh(&self, guid: Uuid) -> Result<Outcome, Failure> {
        let _permit = self.requests.acquire().await.map_err(|error| outage(error.to_string()))?;
        let asked = self.changes.next_request().await?;
        let uri = format!("{}/users/{guid}", self.base).parse().map_err(|_| outage("not an address".to_owned()))?;
        let answer = self.client.get(&uri, self.token.as_ref().map(Secret::expose)).await;
        match decide(&answer.map_err(|error| outage(error.to_string()))?) {
            Decision::Outage(error) => Err(outage(error).into()),
            Decision::Reject(rejection) => Ok(Outcome::DeadLetter(rejection)),
            Decision::Set(status) => {
                let create = status != Status::Removed;
                self.changes.set_status(guid, status, asked, create, &Cause::task("user-service")).await?;
                Ok(Outcome::Stored)
            }
        }
    }
}

fn url(settings: &UserServiceSettings) -> Result<&str, ExitError> {
    let missing = || ExitError::Config("USER_SERVICE_URL is not set, and KAFKA_BOOTSTRAP_SERVERS needs it".to_owned());
    let url = settings.user_service_url.as_ref().ok_or_else(missing)?.expose();
    let uri = url.parse::<axum::http::Uri>().ok().filter(|uri| uri.host().is_some());
    match uri.as_ref().and_then(axum::http::Uri::scheme_str) {
        Some("http" | "https") => Ok(url),
        _ => Err(ExitError::Config("USER_SERVICE_URL has to begin with http:// or https://".to_owned())),
    }
}

fn outage(error: String) -> DependencyError {
    DependencyError::new(USER_SERVICE, error).with(Fault::Unreachable)
}

/// What an answer means. Pure.
fn decide(answer: &Answer) -> Decision {
    #[derive(serde::Deserialize)]
    struct Body {
        status: String,
    }
    match answer.status {
        200 => {
            let body = answer.body.as_ref().and_then(|body| serde_json::from_slice::<Body>(body).ok());
            match body.as_ref().map(|body| body.status.as_str()) {
                Some("active") => Decision::Set(Status::Active),
                Some("excluded") => Decision::Set(Status::Excluded),
                Some(_) => reject("unknown-status", "the user service answers with an unknown status"),
                None => reject("unreadable-answer", "the answer of the user service cannot be read"),
            }
        }
        404 | 410 => Decision::Set(Status::Removed),
        400 | 422 => reject("rejected-user", "the user service rejects the request"),
        status => Decision::Outage(format!("the user service answers with {status}")),
    }
}

fn reject(reason: &'static str, error: &'static str) -> Decision {
    Decision::Reject(Rejection::new(reason, error))
}

/// The user of a record. Pure.
fn decode(record: &Record) -> Result<Uuid, Outcome> {
    #[derive(serde::Deserialize)]
    struct Action {
        #[serde(rename = "userID")]
        user_id: String,
    }
    let Some(value) = &record.value else { return Err(Outcome::Skipped("tombstone")) };
    let reject = |reason, error| Outcome::DeadLetter(Rejection::new(reason, error));
    let action: Action = serde_json::from_slice(value)
        .map_err(|_| reject("not-json", "the record is no JSON object with a text userID"))?;
    Uuid::try_parse(&action.user_id).map_err(|_| reject("no-guid", "userID is no GUID"))
}

impl Processor for UserActions {
    type Event = Uuid;
    type Key = Uuid;
    const STORE: Dependency = database::POSTGRES;

    fn decode(&self, record: &Record) -> Result<Uuid, Outcome> {
        decode(record)
    }

    /// The order does not matter: the last request wins.
    fn key(&self, _: &Uuid) -> Option<Uuid> {
        None
    }

    /// Each user has a transaction of its own. Storing the same users again asks again.
    async fn store(&self, users: &[Uuid]) -> Result<StoreResult, Failure> {
        let distinct: BTreeMap<Uuid, ()> = users.iter().map(|guid| (*guid, ())).collect();
        let asking = iter(distinct.into_keys()).map(async |guid| Ok::<_, Failure>((guid, self.refresh(guid).await?)));
        let outcomes: BTreeMap<Uuid, Outcome> = asking.buffer_unordered(MAX_REQUESTS).try_collect().await?;
        let outcomes = users.iter().map(|guid| outcomes.get(guid).cloned().unwrap_or(Outcome::Unchanged)).collect();
        Ok(StoreResult { outcomes, messages: Vec::new() })
    }
}

impl Service for UserActions {
    const DESCRIPTION: Description = Description {
        name: "segments-service",
        about: "",
        source_topic: "UserAction",
        destination_topic: None,
        dead_letter_topic: "segments-service-dead-letters",
    };
    const MIGRATIONS: &'static Migrations = &MIGRATIONS;
    const DEPENDENCIES: &'static [Dependency] = &[stream::KAFKA, database::POSTGRES, USER_SERVICE];
    const LOOP: Option<&'static str> = Some("users");
    type Commands = Infallible;
    type Settings = UserServiceSettings;

    fn validate(settings: &UserServiceSettings) -> Result<(), ExitError> {
        url(settings).map(drop)
    }

    async fn processor(settings: &UserServiceSettings, shared: &Shared) -> Result<Self, StartupError> {
        Ok(Self::new(Changes::new(shared.database.clone()), settings)?)
    }
}

#[cfg(test)]
mod tests;
