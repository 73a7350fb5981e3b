//! Connections to M, A and Redis: opened for one cycle and closed after it.

use std::time::Duration;

use database::{ConnectError, Connection};
use redis::{AsyncConnectionConfig, RedisError, aio::MultiplexedConnection};
use runtime::ExitError;

/// How long connecting to Redis, and each answer, may take. A cycle without it is slower, and right.
const REDIS_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the servers are.
#[derive(Debug, Clone)]
pub(crate) struct Servers {
    pub(crate) source: database::Settings,
    pub(crate) target: database::Settings,
    pub(crate) redis: redis_client::Settings,
}

/// Connections for one cycle.
pub(crate) struct Connections {
    pub(crate) source: Connection,
    pub(crate) target: Connection,
    /// Redis, or why it is not there.
    pub(crate) redis: Result<MultiplexedConnection, String>,
}

impl Servers {
    /// Opens connections. An error is of M or of A.
    pub(crate) async fn connect(&self) -> Result<Connections, ConnectError> {
        let (source, target) = tokio::try_join!(database::connect(&self.source), database::connect(&self.target))?;
        let redis = self.connect_redis().await.map_err(|error| error.to_string());
        Ok(Connections { source, target, redis })
    }

    pub(crate) async fn connect_redis(&self) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(REDIS_TIMEOUT))
            .set_response_timeout(Some(REDIS_TIMEOUT * 2));
        let mut connection = self.redis.client().get_multiplexed_async_connection_with_config(&config).await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    }

    /// Refuses to start if Redis refuses the login.
    pub(crate) async fn refuse_redis_login(&self) -> Result<(), ExitError> {
        match self.connect_redis().await {
            Ok(_) => Ok(()),
            Err(error) => match redis_client::rejection(&error) {
                Some((reason, advice)) => Err(ExitError::Unavailable(format!("REDIS_URL: {reason}; {advice}"))),
                None => Ok(()),
            },
        }
    }
}
