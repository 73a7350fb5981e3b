//! Topics: records acknowledged by a real broker, in the order of changes, with the user as the key.

use std::{sync::Arc, time::Duration};

use consumer::{LoopHealth, Record, Source as _};
use devstack::Topic;
use kafka::{Settings, Source};
use segments::subscribers::{
    Op,
    target::{Answer, Stop, Target as _},
    targets::kafka::Sender,
};
use tokio::time::timeout;

use super::fixture::{Made, audience, changes, error, guid, subscription};

async fn settings() -> anyhow::Result<Settings> {
    let stack = devstack::shared().await?;
    let (bootstrap_servers, group_id) = (stack.bootstrap_servers(), stack.fresh_name("group").await?);
    Ok(Settings { service: "it".to_owned(), bootstrap_servers, group_id, ..Settings::default() })
}

/// A topic with two partitions.
async fn topic() -> anyhow::Result<String> {
    let stack = devstack::shared().await?;
    let name = stack.fresh_name("crm").await?;
    stack.create_topics(&[Topic::data(&name, 2)]).await?;
    Ok(name)
}

/// This many records of a topic.
async fn read(settings: &Settings, topic: &str, count: usize) -> anyhow::Result<Vec<Record>> {
    let settings = Settings { source_topic: topic.to_owned(), ..settings.clone() };
    let mut source = Source::connect(&settings, Arc::new(LoopHealth::default()))?;
    let mut records = Vec::new();
    let reading = async {
        while records.len() < count {
            records.extend(source.next(100).await?);
        }
        anyhow::Ok(())
    };
    timeout(Duration::from_secs(60), reading).await??;
    source.close().await;
    Ok(records)
}

#[tokio::test]
async fn each_change_is_a_record_and_the_end_is_one_too() -> anyhow::Result<()> {
    let (settings, name, a) = (settings().await?, topic().await?, audience("A"));
    let target = Sender::new(settings.clone(), Vec::new()).to(&subscription("kafka", &name, false, "{}")).unwrap();
    assert_eq!(target.select(&a).await, Ok(None));
    let sent = changes(Op::Added, 1..=100);
    assert_eq!(target.update(&a, &mut Made::of([sent.clone()])).await?, Answer::acknowledged(100));
    assert_eq!(target.update(&a, &mut Made::of([changes(Op::Removed, [5])])).await?, Answer::acknowledged(1));
    target.remove(&a).await.unwrap();
    let records = read(&settings, &name, 102).await?;
    let of = |key: &str| -> Vec<serde_json::Value> {
        let of = records.iter().filter(|record| record.key.as_deref() == Some(key.as_bytes()));
        of.map(|record| serde_json::from_slice(record.value.as_deref().unwrap()).unwrap()).collect()
    };
    let fifth = of(&guid(5).to_string());
    assert_eq!(fifth[0], serde_json::to_value(&sent[4])?);
    assert_eq!((fifth.len(), &fifth[1]["op"]), (2, &"removed".into()), "in their order");
    let end = of("A");
    assert_eq!(
        (end[0]["type"].as_str(), end[0]["data"]["audience"].as_str()),
        (Some("segment.audience.removed"), Some("A"))
    );
    Ok(())
}

#[tokio::test]
async fn a_missing_topic_fails_the_subscription_and_is_not_created() -> anyhow::Result<()> {
    let (settings, name) = (settings().await?, devstack::shared().await?.fresh_name("missing").await?);
    let target = Sender::new(settings.clone(), Vec::new()).to(&subscription("kafka", &name, false, "{}")).unwrap();
    let expected = format!("topic {name} does not exist");
    assert_eq!(target.select(&audience("A")).await, Err(Stop::retry(&expected)));
    let answer = target.update(&audience("A"), &mut Made::of([changes(Op::Added, [1])])).await?;
    assert_eq!(error(&answer), expected);
    assert!(!kafka::Topics::connect(&settings)?.exists(&name).await?);
    // As soon as it exists, the same producer reaches it.
    devstack::shared().await?.create_topics(&[Topic::data(&name, 1)]).await?;
    let answer = target.update(&audience("A"), &mut Made::of([changes(Op::Added, [1])])).await?;
    assert_eq!(answer, Answer::acknowledged(1));
    Ok(())
}

#[tokio::test]
async fn brokers_that_do_not_answer_and_topics_of_tagmill_fail_the_subscription() -> anyhow::Result<()> {
    let settings = Settings { bootstrap_servers: "127.0.0.1:1".to_owned(), ..settings().await? };
    let sender = Sender::new(settings, vec!["users".to_owned()]);
    let target = sender.to(&subscription("kafka", "crm", false, "{}")).unwrap();
    let answer = target.update(&audience("A"), &mut Made::of([changes(Op::Added, [1])])).await?;
    assert!(error(&answer).contains("kafka"), "{answer:?}");
    for topic in ["users", "cdm-service-tags", "UserAction"] {
        let stop = sender.to(&subscription("kafka", topic, false, "{}")).unwrap_err();
        assert!(matches!(&stop, Stop::Retry { error, .. } if error.contains("belongs to Tagmill")), "{stop:?}");
    }
    let without = Sender::default().to(&subscription("kafka", "crm", false, "{}")).unwrap_err();
    assert_eq!(without, Stop::retry("KAFKA_BOOTSTRAP_SERVERS is not set"));
    Ok(())
}
