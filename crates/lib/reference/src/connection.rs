//! The connection to Redis: opened when first needed, given up at the first error, opened again at the next question.

use std::{cell::RefCell, time::Duration};

use redis::{AsyncConnectionConfig, RedisError, aio::MultiplexedConnection};

use crate::{Settings, unusable::Size};

/// Redis did not answer as it should this time; asking again later helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// How long Redis may take to connect or to answer. Longer than any healthy one needs for the largest question; a paused
/// one must not keep the batch, and what `/ready` says about it, waiting for ever.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// Keys that look like ids, and lie in different slots of a cluster.
const PROBED: [&str; 2] = ["000000000000000000000000", "000000000000000000000001"];

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

    /// How large the values of `keys` are, in their order, in one round trip.
    pub(crate) async fn sizes(&self, keys: &[&str]) -> Result<Vec<Size>, RedisError> {
        let mut connection = self.take().await?;
        let mut pipeline = redis::Pipeline::with_capacity(keys.len());
        for key in keys {
            pipeline.strlen(key);
        }
        let sizes: Vec<Result<usize, RedisError>> = pipeline.ignore_errors().query_async(&mut connection).await?;
        self.put_back(connection);
        let read = |size: Result<usize, RedisError>| match size {
            Ok(0) => Ok(Size::Nothing),
            Ok(bytes) => Ok(Size::Bytes(bytes)),
            Err(error) if is_of_another_type(&error) => Ok(Size::OtherType),
            Err(error) => Err(error),
        };
        sizes.into_iter().map(read).collect()
    }

    /// The types of the values of `keys`, as Redis calls them, in their order; `none`: there is no value.
    pub(crate) async fn types(&self, keys: &[&str]) -> Result<Vec<String>, RedisError> {
        let mut connection = self.take().await?;
        let mut pipeline = redis::Pipeline::with_capacity(keys.len());
        for key in keys {
            pipeline.cmd("TYPE").arg(key);
        }
        let types = pipeline.query_async(&mut connection).await?;
        self.put_back(connection);
        Ok(types)
    }

    /// Runs every command that the service runs. A cluster refuses them, and so does a server whose user lacks rights.
    pub(crate) async fn try_commands(&self) -> Result<(), RedisError> {
        self.sizes(&PROBED).await?;
        self.values(&PROBED).await?;
        Ok(())
    }

    /// The number of keys of the database. The user may lack the right to read it.
    pub(crate) async fn count_keys(&self) -> Result<u64, RedisError> {
        let mut connection = self.take().await?;
        let count = redis::cmd("DBSIZE").query_async(&mut connection).await?;
        self.put_back(connection);
        Ok(count)
    }

    /// The connection, out of its place: whoever fails with it, or is abandoned, does not put it back.
    async fn take(&self) -> Result<MultiplexedConnection, RedisError> {
        let idle = self.idle.borrow_mut().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => {
                let patience = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(COMMAND_TIMEOUT))
                    .set_response_timeout(Some(COMMAND_TIMEOUT));
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
