//! One signed message without changes, to try a webhook; and whether parameters can be used by this process.

use consumer::Failure;

use super::{
    store,
    sync::Subscribers,
    target::Stop,
    targets::{AnyTarget, csv::destination, kafka},
};

/// The result of a ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ping {
    /// There is no such subscription.
    Unknown,
    /// It is none of a webhook, or has ended.
    NotAWebhook,
    /// The status of the answer.
    Answered(u16),
    /// There is no answer.
    Failed(String),
}

impl Subscribers {
    /// Pings the webhook of a subscription. No connection is held meanwhile.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ping(&self, id: i32) -> Result<Ping, Failure> {
        let transaction = self.reader.begin_change().await?;
        let found = store::select(&transaction, id).await?;
        transaction.commit().await?;
        let Some((subscription, _)) = found else { return Ok(Ping::Unknown) };
        if subscription.target != "webhook" || subscription.is_ended {
            return Ok(Ping::NotAWebhook);
        }
        Ok(match self.targets.of(&subscription) {
            Ok(AnyTarget::Webhook(webhook)) => match webhook.ping(&subscription.audience()).await {
                Ok(status) => Ping::Answered(status),
                Err(error) => Ping::Failed(error),
            },
            Ok(AnyTarget::Kafka(_) | AnyTarget::Csv(_)) => Ping::NotAWebhook,
            Err(Stop::Gone(error) | Stop::Retry { error, .. }) => Ping::Failed(error),
        })
    }

    /// Whether this process sends to the destination in these parameters. The database checks everything else.
    ///
    /// # Errors
    /// Why it does not, for people.
    pub fn check(&self, params: &str) -> Result<(), String> {
        let params: serde_json::Value = serde_json::from_str(params).map_err(|error| error.to_string())?;
        let text = |name: &str| params.get(name).and_then(serde_json::Value::as_str);
        match (text("url"), text("topic"), text("path")) {
            (Some(url), ..) => self.targets.check_url(url),
            (_, Some(topic), _) => kafka::check(topic),
            (.., Some(path)) => destination::parse(path).map(drop),
            _ => Ok(()),
        }
    }
}
