//! Tests of the secured listeners: only clients with the password and the certificate may connect.

use std::time::Duration;

use devstack::{Options, Secured, Stack};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

#[tokio::test]
async fn each_server_accepts_its_credentials() -> anyhow::Result<()> {
    let stack = Stack::start(Options { secured: true, pooled: Some(2), ..Options::for_tests() }).await?;
    let secured = stack.secured().unwrap();
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        assert!(brokers(secured, mechanism, &secured.ca_file())? == 1, "{mechanism}");
        assert!(brokers(secured, mechanism, &secured.untrusted_ca_file()).is_err(), "{mechanism}");
    }
    let (client, connection) =
        tokio_postgres::connect(&stack.pooled_endpoints().unwrap().database_url("postgres"), tokio_postgres::NoTls)
            .await?;
    tokio::spawn(connection);
    client.simple_query("SELECT 1").await?;
    Ok(())
}

fn brokers(secured: &Secured, mechanism: &str, ca_file: &std::path::Path) -> anyhow::Result<usize> {
    let (user, password) = secured.kafka_login();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", secured.bootstrap_servers())
        .set("security.protocol", "sasl_ssl")
        .set("sasl.mechanism", mechanism)
        .set("sasl.username", user)
        .set("sasl.password", password)
        .set("ssl.ca.location", ca_file.display().to_string())
        .create()?;
    Ok(consumer.fetch_metadata(None, Duration::from_secs(5))?.brokers().len())
}
