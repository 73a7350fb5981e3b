//! Topics: descriptions, checks, creation, unreachable advertised addresses.

use devstack::{Options, Stack};
use kafka::{Error, Settings, Status, Topics};

use crate::fixture::{Fixture, SOON};

#[tokio::test]
async fn correct_topics_pass_the_check() -> anyhow::Result<()> {
    let fixture = Fixture::with(3).await?;
    for finding in Topics::connect(&fixture.settings)?.check().await? {
        assert_eq!(finding.status, Status::Ok, "{finding}");
    }
    Ok(())
}

#[tokio::test]
async fn missing_topics_are_found_and_created() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let settings = Settings {
        bootstrap_servers: stack.bootstrap_servers(),
        source_topic: stack.fresh_name("missing-source").await?,
        dead_letter_topic: stack.fresh_name("missing-dead-letters").await?,
        ..Settings::default()
    };
    let topics = Topics::connect(&settings)?;
    let verdicts: Vec<_> = topics.check().await?.iter().map(|finding| finding.status).collect();
    assert_eq!(verdicts, [Status::Missing, Status::Missing]);
    assert!(matches!(topics.describe(&settings.source_topic).await, Err(Error::NoTopic(_))));

    let created = topics.create_missing(3).await?;
    assert_eq!(created, [settings.source_topic.clone(), settings.dead_letter_topic.clone()]);
    for finding in topics.check().await? {
        assert_eq!(finding.status, Status::Ok, "{finding}");
    }
    let room = topics.max_message_bytes(&settings.dead_letter_topic).await?
        - topics.max_message_bytes(&settings.source_topic).await?;
    assert_eq!(room, 64 * 1024);
    assert!(topics.create_missing(3).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_unreachable_broker_is_an_outage() -> anyhow::Result<()> {
    for nobody in ["127.0.0.1:1", "nobody.invalid:9092"] {
        let settings = Settings { bootstrap_servers: nobody.to_owned(), ..Settings::default() };
        let outcome = Topics::connect(&settings)?.describe("orders").await;
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    }
    Ok(())
}

/// The bootstrap address answers with unreachable addresses of brokers: the error has to name them.
#[tokio::test]
async fn an_unreachable_advertised_address_is_named() -> anyhow::Result<()> {
    let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await?;
    let proxies = stack.proxies().unwrap();
    let fixture = Fixture::on(&proxies.endpoints(), 1).await?;
    let topics = Topics::connect(&fixture.settings)?;
    topics.describe(&fixture.settings.source_topic).await?;
    let port = proxies.second_kafka_port();
    for (host, port, said) in [("broker.invalid", port, "does not resolve"), ("127.0.0.1", 1, "Connection refused")] {
        stack.kafka_advertises(host, port)?;
        stack.kafka().stop().await?;
        stack.kafka().start().await?;
        // A client that knew the broker, and one that does not.
        for topics in [&topics, &Topics::connect(&fixture.settings)?] {
            // A client that knew another address says so until it has asked the bootstrap server again.
            let named = async {
                loop {
                    let outcome = topics.check().await;
                    let Err(Error::Unavailable(unavailable)) = outcome else { panic!("{host}: {outcome:?}") };
                    if unavailable.error.contains(&format!("{host}:{port}")) {
                        return unavailable.error;
                    }
                }
            };
            let error = tokio::time::timeout(SOON * 3, named).await?;
            assert!(error.contains(said) && error.contains("advertised.listeners"), "{host}: {error}");
        }
    }
    Ok(())
}
