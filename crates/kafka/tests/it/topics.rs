//! What a starting service learns about its topics.

use kafka::{Error, Settings, Topics, Verdict};

use crate::stage::Stage;

#[tokio::test]
async fn topics_as_they_should_be_are_good() -> anyhow::Result<()> {
    let stage = Stage::with(3).await?;
    for finding in Topics::connect(&stage.settings)?.check().await? {
        assert_eq!(finding.verdict, Verdict::Good, "{finding}");
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
    let verdicts: Vec<_> = topics.check().await?.iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Missing, Verdict::Missing]);
    assert!(matches!(topics.describe(&settings.source_topic).await, Err(Error::NoTopic(_))));

    let created = topics.create_missing(3).await?;
    assert_eq!(created, [settings.source_topic.clone(), settings.dead_letter_topic.clone()]);
    for finding in topics.check().await? {
        assert_eq!(finding.verdict, Verdict::Good, "{finding}");
    }
    let room = topics.max_message_bytes(&settings.dead_letter_topic).await?
        - topics.max_message_bytes(&settings.source_topic).await?;
    assert_eq!(room, 64 * 1024);
    assert!(topics.create_missing(3).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_an_outage() -> anyhow::Result<()> {
    for nobody in ["127.0.0.1:1", "nobody.invalid:9092"] {
        let settings = Settings { bootstrap_servers: nobody.to_owned(), ..Settings::default() };
        let outcome = Topics::connect(&settings)?.describe("orders").await;
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    }
    Ok(())
}
