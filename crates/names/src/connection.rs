//! The connection to Redis: opened when first needed, given up at the first error, opened again at the next question.

use std::time::Duration;

use redis::{AsyncConnectionConfig, ErrorKind, RedisError, ServerErrorKind, aio::MultiplexedConnection};

use crate::Settings;

/// Redis did not answer as it should this time; asking again later helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Why Redis could not be greeted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It is there and says no: the password or the database is wrong, the certificate is not trusted. Waiting does not
    /// help; a service ends and says so.
    #[error("REDIS_URL: {0}")]
    Refused(String),
    /// Nobody answers, or it is not ready. Waiting helps.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// How long Redis may take to connect or to answer. Longer than any healthy one needs for the largest question; a paused
/// one must not keep the batch, and what `/ready` says about it, waiting for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// What tells a refusal where the driver's kinds do not: it files a server that is still loading, or has too many
/// clients, under the same ones.
const REFUSALS: [&str; 3] = ["Authentication required", "DB index is out of range", "certificate"];

/// A connection that heals. The driver's own manager remembers a refused login for good (a Redis that is still loading
/// its data refuses, too), so this one starts anew after every error.
#[derive(Debug)]
pub(crate) struct Connection {
    settings: Settings,
    open: Option<MultiplexedConnection>,
}

impl Connection {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, open: None }
    }

    /// The values of `keys` in their order, in one round trip.
    pub(crate) async fn values(&mut self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, RedisError> {
        let mut connection = self.take().await?;
        let values = redis::cmd("MGET").arg(keys).query_async(&mut connection).await?;
        self.open = Some(connection);
        Ok(values)
    }

    /// Asks whether it is there.
    pub(crate) async fn ping(&mut self) -> Result<(), RedisError> {
        let mut connection = self.take().await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        self.open = Some(connection);
        Ok(())
    }

    /// The connection, out of its place: whoever fails with it, or is abandoned, does not put it back.
    async fn take(&mut self) -> Result<MultiplexedConnection, RedisError> {
        match self.open.take() {
            Some(connection) => Ok(connection),
            None => {
                let patience = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(PATIENCE))
                    .set_response_timeout(Some(PATIENCE));
                self.settings.client.get_multiplexed_async_connection_with_config(&patience).await
            }
        }
    }
}

impl From<RedisError> for Unavailable {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

impl From<RedisError> for Denied {
    fn from(error: RedisError) -> Self {
        if is_refused(&error) { Self::Refused(error.to_string()) } else { Self::Unavailable(error.into()) }
    }
}

fn is_refused(error: &RedisError) -> bool {
    let kind = error.kind();
    kind == ErrorKind::AuthenticationFailed
        || kind == ErrorKind::Server(ServerErrorKind::NoPerm)
        || REFUSALS.iter().any(|refusal| error.to_string().contains(refusal))
}
