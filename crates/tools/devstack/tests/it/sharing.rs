//! Tests that concurrent tests on the shared stack do not affect each other.

use std::sync::atomic::{AtomicU32, Ordering};

use devstack::Topic;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;

use crate::support;

#[tokio::test]
async fn a_record_passes_through_a_fresh_topic() {
    let stack = devstack::shared().await.unwrap();
    let topic = stack.fresh_name("orders").await.unwrap();
    stack.create_topics(&[Topic::data(&topic, 1)]).await.unwrap();
    support::produce(stack, &topic, "an order").await;
    assert_eq!(support::consume(stack, &topic).await, "an order");
    stack.delete_topics(&[&topic]).await.unwrap();
}

#[tokio::test]
async fn topics_have_unlimited_retention_and_dead_letters_have_room() {
    let stack = devstack::shared().await.unwrap();
    let data = stack.fresh_name("data").await.unwrap();
    let dead_letters = stack.fresh_name("dead_letters").await.unwrap();
    let topics = [Topic::data(&data, 3), Topic::dead_letters(&dead_letters, 1)];
    stack.create_topics(&topics).await.unwrap();
    stack.create_topics(&topics).await.unwrap(); // those that exist stay

    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", stack.bootstrap_servers()).create().unwrap();
    let asked = [&data, &dead_letters].map(|name| ResourceSpecifier::Topic(name));
    let answers = admin.describe_configs(&asked, &AdminOptions::new()).await.unwrap();
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let setting = |topic: usize, name| answers[topic].get(name).unwrap().value.as_deref().unwrap();
    assert_eq!(setting(0, "retention.ms"), "-1");
    assert_eq!(setting(0, "cleanup.policy"), "delete");
    let room = |topic| setting(topic, "max.message.bytes").parse::<u32>().unwrap();
    assert_eq!(room(1), room(0) + 65_536);
}

#[tokio::test]
async fn a_template_is_prepared_once_and_cloned() {
    static PREPARED: AtomicU32 = AtomicU32::new(0);
    let stack = devstack::shared().await.unwrap();
    let template = stack.fresh_name("template").await.unwrap();
    let prepare = async |url: String| {
        PREPARED.fetch_add(1, Ordering::Relaxed);
        support::postgres(&url).await.batch_execute("CREATE TABLE kept (id int)").await?;
        Ok(())
    };
    tokio::try_join!(stack.template_database(&template, prepare), stack.template_database(&template, prepare)).unwrap();
    assert_eq!(PREPARED.load(Ordering::Relaxed), 1);

    let name = stack.fresh_name("clone").await.unwrap();
    let url = stack.create_database_from(&template, &name).await.unwrap();
    let clone = support::postgres(&url).await;
    clone.query("SELECT id FROM kept", &[]).await.unwrap();
    stack.drop_database(&name).await.unwrap(); // although we are connected
}

#[tokio::test]
async fn a_fresh_redis_database_is_empty_and_unshared() {
    let stack = devstack::shared().await.unwrap();
    let first = stack.fresh_redis_database().await.unwrap();
    let second = stack.fresh_redis_database().await.unwrap();
    assert_ne!(first, second);
    let mut redis = support::redis(&stack.redis_url(first)).await;
    let size: u64 = redis::cmd("DBSIZE").query_async(&mut redis).await.unwrap();
    assert_eq!(size, 0);
}
