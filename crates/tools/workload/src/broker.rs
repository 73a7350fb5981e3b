//! Address of Kafka and other settings of its client.

use rdkafka::ClientConfig;

/// A Kafka cluster as a client sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broker {
    /// `host:port`, several separated by commas.
    pub bootstrap: String,
    /// Further settings of librdkafka by their own names: a security protocol, credentials.
    pub properties: Vec<(String, String)>,
}

impl Broker {
    /// A cluster without authentication.
    #[must_use]
    pub fn plain(bootstrap: impl Into<String>) -> Self {
        Self { bootstrap: bootstrap.into(), properties: Vec::new() }
    }

    /// The settings of every client.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config: ClientConfig = self.properties.iter().cloned().collect();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }
}
