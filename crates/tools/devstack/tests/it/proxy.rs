//! Tests of network faults between a client and its server: the error of the client, and the effect on the server.

use std::time::Duration;

use devstack::{NetworkFault, Options, Stack};
use tokio::time::timeout;

use crate::support;

/// Timeout of a request, longer than an answer takes.
const A_WHILE: Duration = Duration::from_millis(500);

#[tokio::test]
async fn each_network_fault_affects_open_connections_and_not_new_ones() {
    let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await.unwrap();
    let proxies = stack.proxies().unwrap();
    let way = proxies.endpoints();

    // Kafka advertises the address of the proxy to clients of the proxy.
    stack.endpoints().create_topics(&[devstack::Topic::data("kept", 1)]).await.unwrap();
    support::produce(&way, "kept", "a record").await;
    assert_eq!(support::consume(&way, "kept").await, "a record");

    let url = way.database_url("postgres");
    let client = support::postgres(&url).await;
    client.batch_execute("CREATE TABLE kept (id int)").await.unwrap();
    proxies.postgres.set(NetworkFault::LoseCommits);
    let told = client.batch_execute("BEGIN; INSERT INTO kept VALUES (7); SELECT; COMMIT").await;
    assert!(told.is_err(), "the reply to the COMMIT came through");
    assert_eq!(proxies.postgres.tally().commits(), 1);

    proxies.postgres.set(NetworkFault::Fair);
    let client = support::postgres(&url).await;
    assert_eq!(client.query("SELECT id FROM kept", &[]).await.unwrap().len(), 1, "the row is not there");

    proxies.postgres.set(NetworkFault::SwallowCommits);
    let told = client.batch_execute("BEGIN; INSERT INTO kept VALUES (8); SELECT; COMMIT").await;
    assert!(told.is_err(), "a COMMIT that never came was answered");
    assert_eq!((proxies.postgres.tally().swallowed_commits(), proxies.postgres.tally().commits()), (1, 1));

    proxies.postgres.set(NetworkFault::Fair);
    let client = support::postgres(&url).await;
    assert_eq!(client.query("SELECT id FROM kept", &[]).await.unwrap().len(), 1, "the COMMIT came through");

    proxies.postgres.set(NetworkFault::Blackhole);
    assert!(timeout(A_WHILE, client.simple_query("SELECT 1")).await.is_err(), "an answer came through");
    assert!(proxies.postgres.tally().swallowed() > 0);
    proxies.postgres.set(NetworkFault::Fair);
    assert!(client.simple_query("SELECT 1").await.is_err(), "a connection went on with a hole in it");

    let client = support::postgres(&url).await;
    proxies.postgres.set(NetworkFault::Slow { latency: Duration::from_millis(1), bytes_per_second: 100_000 });
    client.simple_query("SELECT 1").await.unwrap();
    assert!(proxies.postgres.tally().slowed() > 0);
    proxies.postgres.set(NetworkFault::Reset);
    assert!(client.simple_query("SELECT 1").await.is_err(), "a connection was not cut");
    assert!(proxies.postgres.tally().cut() > 0);
}
