//! The connection to Redis: opened when first needed, closed at the first error, opened again for the next request.

use std::{cell::RefCell, time::Duration};

use redis::{AsyncConnectionConfig, RedisError, aio::MultiplexedConnection};

use crate::{Settings, unusable::Size};

/// A request to Redis that failed. Another attempt may succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Timeout of connecting and of each answer. It is longer than a healthy server needs for the largest request. A paused
/// server must not block the batch, and the reason in `/ready`, for ever.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// Keys that look like ids and are in different slots of a cluster.
const PROBED: [&str; 2] = ["000000000000000000000000", "000000000000000000000001"];

/// A connection that is replaced after every error. The driver's own manager stops at a rejected login (also of a Redis
/// that is still loading its data). Two concurrent requests use one connection each.
#[derive(Debug)]
pub(crate) struct Connection {
    settings: Settings,
    /// Idle connections.
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

    /// The sizes of the values of `keys` in their order, in one round trip.
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

    /// The types of the values of `keys` in their order, as Redis names them. `none`: there is no value.
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

    /// Runs every command that the service uses. A cluster rejects them, and so does a server if the user lacks rights.
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

    /// Takes the connection out of its slot. After an error or a cancelled request it is not put back.
    async fn take(&self) -> Result<MultiplexedConnection, RedisError> {
        let idle = self.idle.borrow_mut().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => {
                let patience = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(COMMAND_TIMEOUT))
                    .set_response_timeout(Some(COMMAND_TIMEOUT));
                self.settings.client().get_multiplexed_async_connection_with_config(&patience).await
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

/// The value is a list or a hash, which was not meant as a name.
fn is_of_another_type(error: &RedisError) -> bool {
    error.code() == Some("WRONGTYPE")
}
