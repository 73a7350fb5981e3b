//! Unique names and Redis databases, so that the tests of many processes can share a stack.

use anyhow::Context;

use crate::endpoints::Endpoints;
use crate::servers::redis::{DATABASES, connect};

/// Both counters live in Redis database 0, so that they count across processes.
const NAMES: &str = "devstack:names";
const REDIS_DATABASES: &str = "devstack:redis-databases";

impl Endpoints {
    /// A unique name, usable for a topic, a group or a database: `stem_17`.
    pub async fn fresh_name(&self, stem: &str) -> anyhow::Result<String> {
        let number = self.count(NAMES).await?;
        Ok(format!("{stem}_{number}"))
    }

    /// The number of an empty Redis database. After 511 of them the first is emptied and handed out again.
    pub async fn fresh_redis_database(&self) -> anyhow::Result<u16> {
        let handed_out = self.count(REDIS_DATABASES).await? - 1;
        let number = 1 + u16::try_from(handed_out % u64::from(DATABASES - 1))?;
        let mut redis = connect(&self.redis_url(number)).await?;
        ::redis::cmd("FLUSHDB").exec_async(&mut redis).await?;
        Ok(number)
    }

    async fn count(&self, counter: &str) -> anyhow::Result<u64> {
        let mut redis = connect(&self.redis_url(0)).await?;
        let mut increment = ::redis::cmd("INCR");
        increment
            .arg(counter)
            .query_async(&mut redis)
            .await
            .context("cannot increment the counter in the stack's Redis")
    }
}
