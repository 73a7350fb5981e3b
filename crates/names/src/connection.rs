//! The connection to Redis: opened when first needed, given up at the first error, opened again at the next question.

use std::{cell::RefCell, time::Duration};

use redis::{AsyncConnectionConfig, RedisError, aio::MultiplexedConnection};

use crate::Settings;

/// Redis did not answer as it should this time; asking again later helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// How long Redis may take to connect or to answer. Longer than any healthy one needs for the largest question; a paused
/// one must not keep the batch, and what `/ready` says about it, waiting for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that heals. The driver's own manager remembers a refused login for good (a Redis that is still loading
/// its data refuses, too), so this one starts anew after every error. Two questions at once take a connection each.
#[derive(Debug)]
pub(crate) struct Connection {
    settings: Settings,
    /// Those nobody is asking anything.
    idle: RefCell<Vec<MultiplexedConnection>>,
}

impl Connection {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, idle: RefCell::default() }
    }

    /// The values of `keys` in their order, in one round trip.
    pub(crate) async fn values(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, RedisError> {
        let mut connection = self.take().await?;
        let values = redis::cmd("MGET").arg(keys).query_async(&mut connection).await?;
        self.put_back(connection);
        Ok(values)
    }

    /// How many bytes the values of `keys` have, in their order, in one round trip; 0: there is none that is a text.
    pub(crate) async fn sizes(&self, keys: &[&str]) -> Result<Vec<usize>, RedisError> {
        let mut connection = self.take().await?;
        let mut pipeline = redis::Pipeline::with_capacity(keys.len());
        for key in keys {
            pipeline.strlen(key);
        }
        let sizes: Vec<Result<usize, RedisError>> = pipeline.ignore_errors().query_async(&mut connection).await?;
        self.put_back(connection);
        let or_none = |size: Result<usize, RedisError>| {
            size.or_else(|error| is_of_another_type(&error).then_some(0).ok_or(error))
        };
        sizes.into_iter().map(or_none).collect()
    }

    /// Asks whether it is there.
    pub(crate) async fn ping(&self) -> Result<(), RedisError> {
        let mut connection = self.take().await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        self.put_back(connection);
        Ok(())
    }

    /// The connection, out of its place: whoever fails with it, or is abandoned, does not put it back.
    async fn take(&self) -> Result<MultiplexedConnection, RedisError> {
        let idle = self.idle.borrow_mut().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => {
                let patience = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(PATIENCE))
                    .set_response_timeout(Some(PATIENCE));
                self.settings.client.get_multiplexed_async_connection_with_config(&patience).await
            }
        }
    }

    fn put_back(&self, connection: MultiplexedConnection) {
        self.idle.borrow_mut().push(connection);
    }
}

impl From<RedisError> for Unavailable {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

/// A list, a hash: whoever put it there did not mean a name.
fn is_of_another_type(error: &RedisError) -> bool {
    error.code() == Some("WRONGTYPE")
}
