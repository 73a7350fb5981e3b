//! Reference data of a pipeline in Redis: filled, removed by name, renamed.

use anyhow::{Context, Result};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde_json::Value;
use workload::load;
use workload::source::Reference;

use crate::pipeline::Pipeline;

impl Pipeline {
    /// Stores users and restaurants.
    ///
    /// # Errors
    /// Redis refuses.
    pub async fn name(&self, reference: &[Reference]) -> Result<()> {
        load::reference(&self.redis_url(), reference.iter().cloned().map(Ok)).await?;
        Ok(())
    }

    /// Changes every name in Redis: of users, logins, restaurants, products and categories.
    ///
    /// # Errors
    /// If Redis rejects a command, or holds a value that is not JSON.
    pub async fn rename_everything(&self) -> Result<()> {
        let mut redis = self.redis().await?;
        let keys: Vec<String> = redis.keys("*").await?;
        for key in keys {
            let text: String = redis.get(&key).await?;
            let mut object = serde_json::from_str(&text)?;
            rename(&mut object);
            let () = redis.set(&key, object.to_string()).await?;
        }
        Ok(())
    }

    /// Empties the Redis database.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn forget_names(&self) -> Result<()> {
        Ok(redis::cmd("FLUSHDB").exec_async(&mut self.redis().await?).await?)
    }

    /// A connection to the Redis database.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn redis(&self) -> Result<MultiplexedConnection> {
        let client = redis::Client::open(self.redis_url())?;
        client.get_multiplexed_async_connection().await.context("Redis does not answer")
    }
}

fn rename(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if matches!(key.as_str(), "name" | "login" | "category") => {
                        text.push_str(" (renamed)");
                    }
                    _ => rename(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(rename),
        _ => {}
    }
}
