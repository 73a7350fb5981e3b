//! A subscription of a receiver to a segment, by the API of segments-service.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Behaviour, Receiver};
use crate::connection::Connection;
use crate::program::{Environment, command};

const SERVICE: &str = "segments-service";

/// A new key of an admin, which subscriptions ask for.
///
/// # Errors
/// The command fails.
pub async fn admin_key(environment: &Environment) -> Result<String> {
    let output = command(SERVICE, environment)?.args(["keys", "create", "tool", "--role", "admin"]).output().await?;
    ensure!(output.status.success(), "keys create: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

impl Receiver {
    /// Subscribes it to a segment, for a consumer of its own.
    ///
    /// # Errors
    /// The service refuses.
    pub async fn subscribe(&self, connection: &mut Connection, key: &str, segment: &str) -> Result<()> {
        // Until it knows the secret, the service tries again.
        self.behave(Behaviour::Fails(503));
        let consumer = create(connection, key, "/api/v2/consumers", &json!({ "name": segment })).await?;
        let wanted = json!({
            "consumer_id": consumer["id"], "segment": segment, "target": "webhook", "params": { "url": self.url() },
        });
        let created = create(connection, key, "/api/v2/subscriptions", &wanted).await?;
        self.trust(created["secret"].as_str().context("no secret")?)?;
        self.behave(Behaviour::Works);
        Ok(())
    }
}

async fn create(connection: &mut Connection, key: &str, path: &str, body: &Value) -> Result<Value> {
    let headers = format!("content-type: application/json\r\nauthorization: Bearer {key}\r\n");
    let answer = connection.send("POST", path, &headers, body.to_string().as_bytes()).await?;
    ensure!((200..300).contains(&answer.status), "{path}: {answer:?}");
    Ok(serde_json::from_str(&answer.body)?)
}
