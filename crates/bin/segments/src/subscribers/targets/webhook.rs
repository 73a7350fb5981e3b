//! Webhooks: requests as Standard Webhooks 1.0 describes them.

use std::{collections::VecDeque, time::Duration};

use consumer::Failure;
use http_client::{Addresses, Client, Request, Uri, header};
use jiff::Timestamp;
use runtime::ExitError;

use self::{
    message::{Message, message, removal},
    reply::{Reply, reply},
};
use crate::subscribers::{
    Change,
    settings::WebhookPrivate,
    store::Subscription,
    target::{Answer, Audience, Pages, Rejected, Stop, Takes, Target},
};

pub mod signature;
pub mod message;
pub mod reply;

/// Maximum time of a request.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Sends the requests of all webhooks.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    private: WebhookPrivate,
}

/// One webhook.
pub struct Webhook {
    client: Client,
    uri: Uri,
    secrets: Vec<Vec<u8>>,
}

impl Sender {
    /// Without `private`, requests go to public addresses over https only.
    ///
    /// # Errors
    /// The certificate authorities of the system cannot be read.
    pub fn new(private: WebhookPrivate) -> Result<Self, ExitError> {
        let addresses = if private == WebhookPrivate::Allow { Addresses::Any } else { Addresses::Public };
        let client = Client::new(TIMEOUT).map_err(|error| ExitError::Config(format!("webhooks: {error}")))?;
        Ok(Self { client: client.with(addresses), private })
    }

    /// Whether a webhook may have this address. The addresses of its name are checked when it is connected to.
    ///
    /// # Errors
    /// Why it may not, for people.
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        self.uri(url).map(drop).map_err(ToOwned::to_owned)
    }

    fn uri(&self, url: &str) -> Result<Uri, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "params.url is not an address")?;
        if self.private == WebhookPrivate::Deny && uri.scheme_str() != Some("https") {
            return Err("params.url has to begin with https://, or WEBHOOK_PRIVATE has to be allow");
        }
        Ok(uri)
    }

    /// The webhook of a subscription.
    ///
    /// # Errors
    /// Its address cannot be used.
    pub fn to(&self, subscription: &Subscription) -> Result<Webhook, Stop> {
        let uri = self.uri(&subscription.destination).map_err(Stop::retry)?;
        if subscription.secrets.is_empty() {
            return Err(Stop::retry("the webhook has no secret; POST /api/v2/subscriptions/{id}/secret makes one"));
        }
        Ok(Webhook { client: self.client.clone(), uri, secrets: subscription.secrets.clone() })
    }
}

impl Webhook {
    /// Sends an empty change. Returns the status of the answer.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ping(&self, audience: &Audience) -> Result<u16, String> {
        let (status, _) = self.post(&message(audience, &[], now())).await?;
        Ok(status)
    }

    /// Sends the changes; those of a rejected batch in halves, in their order, until the offending ones are found.
    async fn send(&self, audience: &Audience, changes: &[Change]) -> Answer {
        let mut answer = Answer::default();
        let mut parts = VecDeque::from([changes]);
        while let Some(part) = parts.pop_front() {
            match self.reply(&message(audience, part, now())).await {
                Reply::Acknowledged => answer.done += part.len(),
                Reply::Rejected(response) if part.len() <= 1 => {
                    answer.rejected.push(Rejected { index: answer.done, response });
                    answer.done += part.len();
                }
                Reply::Rejected(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.push_front(second);
                    parts.push_front(first);
                }
                Reply::Stop(stop) => return Answer { stop: Some(stop), ..answer },
            }
        }
        answer
    }

    async fn reply(&self, message: &Message) -> Reply {
        match self.client_answer(message).await {
            Ok(answer) => reply(&answer, now()),
            Err(error) => Reply::Stop(Stop::retry(error)),
        }
    }

    async fn client_answer(&self, message: &Message) -> Result<reply::Received, String> {
        let (status, received) = self.post(message).await?;
        Ok(reply::Received { status, ..received })
    }

    async fn post(&self, message: &Message) -> Result<(u16, reply::Received), String> {
        let seconds = now().as_second();
        let signatures = signature::header(&self.secrets, &message.id, seconds, message.body.as_bytes());
        let request = Request::post(&self.uri)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("segments-service/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signatures)
            .body(message.body.clone().into_bytes().into());
        let request = request.map_err(|_| "params.url is not an address".to_owned())?;
        let (parts, body) = self.client.send(request).await.map_err(|error| error.to_string())?.into_parts();
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let status = parts.status.as_u16();
        Ok((status, reply::Received { status, retry_after: text(header::RETRY_AFTER), body }))
    }
}

/// The wall clock, for signatures and messages.
fn now() -> Timestamp {
    Timestamp::try_from(runtime::clock::now()).unwrap_or_default()
}

impl Target for Webhook {
    const TAKES: Takes = Takes::Batches;

    /// Webhooks are not asked.
    async fn select(&self, _: &Audience) -> Result<Option<bool>, Stop> {
        Ok(None)
    }

    /// A webhook takes changes only.
    async fn create(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        self.update(audience, pages).await
    }

    async fn update(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        let changes = pages.next().await?;
        Ok(self.send(audience, &changes).await)
    }

    async fn remove(&self, audience: &Audience) -> Result<(), Stop> {
        match self.reply(&removal(audience, now())).await {
            Reply::Acknowledged => Ok(()),
            Reply::Rejected(_) => Err(Stop::retry("the receiver rejects the end of the subscription")),
            Reply::Stop(stop) => Err(stop),
        }
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}
