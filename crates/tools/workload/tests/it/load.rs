//! Tests of the loader: everything arrives complete and in order, and the observer sees it.

use devstack::Topic;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use workload::broker::Broker;
use workload::generator::{Generator, Options};
use workload::load::{self, Loader};
use workload::watch::{self, Observer, StageProgress, WatchedStage};

#[tokio::test]
async fn every_event_arrives_once_in_order_and_without_a_key() {
    let stack = devstack::shared().await.unwrap();
    let topic = stack.fresh_name("orders").await.unwrap();
    stack.create_topics(&[Topic::data(&topic, 1)]).await.unwrap();
    let broker = Broker::plain(stack.bootstrap_servers());
    let group = stack.fresh_name("reader").await.unwrap();
    let stage = WatchedStage { name: "stg".into(), topic: topic.clone(), group: group.clone() };
    let observer = Observer::new(&broker, vec![stage]).unwrap();
    assert_eq!(observer.read().await.unwrap(), [StageProgress { processed: 0, total: 0 }]);

    let events: Vec<_> = Generator::new(&Options::new(2, 500)).collect();
    let loader = Loader::new(&broker, &topic).unwrap();
    let loaded = loader.run(events.iter().cloned().map(Ok), None).await.unwrap();
    let total = events.len() as u64;
    assert_eq!((loaded.events, loader.progress().borrow().acknowledged), (total, total));
    assert_eq!(observer.read().await.unwrap(), [StageProgress { processed: 0, total }]);
    let topic: &'static str = topic.leak();
    let topics: &'static [&'static str] = vec![topic].leak();
    assert_eq!(watch::records(&broker, topics).await.unwrap(), total);

    let read = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &broker.bootstrap)
            .set("group.id", &group)
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        let mut from = TopicPartitionList::new();
        from.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&from).unwrap();
        let records: Vec<_> = (0..total).map(|_| consumer.poll(None).unwrap().unwrap().detach()).collect();
        from.set_partition_offset(topic, 0, Offset::Offset(200)).unwrap();
        consumer.commit(&from, CommitMode::Sync).unwrap();
        records
    });
    for (record, event) in read.await.unwrap().iter().zip(&events) {
        assert_eq!(record.payload(), event.value.as_deref());
        assert_eq!((record.key(), record.headers().is_none()), (None, true));
    }
    let readings = observer.read().await.unwrap();
    assert_eq!((readings[0].processed, readings[0].lag()), (200, total - 200));
}

#[tokio::test]
async fn a_load_keeps_to_its_rate() {
    let stack = devstack::shared().await.unwrap();
    let topic = stack.fresh_name("orders").await.unwrap();
    stack.create_topics(&[Topic::data(&topic, 1)]).await.unwrap();
    let loader = Loader::new(&Broker::plain(stack.bootstrap_servers()), topic).unwrap();
    let events = Generator::new(&Options::new(2, 50)).map(Ok).take(50);
    let loaded = loader.run(events, Some(100.0)).await.unwrap();
    assert!(loaded.took.as_secs_f64() >= 0.49, "50 events at 100 a second took {:?}", loaded.took);
}

#[tokio::test]
async fn every_object_is_stored_under_its_id() {
    let stack = devstack::shared().await.unwrap();
    let url = stack.redis_url(stack.fresh_redis_database().await.unwrap());
    let objects: Vec<_> = Generator::new(&Options::new(2, 20_000)).reference().collect();
    let stored = load::reference(&url, objects.iter().cloned().map(Ok)).await.unwrap();
    assert_eq!(stored, objects.len() as u64);

    let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<&str> = objects.iter().map(|object| object.id.as_str()).collect();
    let values: Vec<String> = redis::cmd("MGET").arg(keys).query_async(&mut redis).await.unwrap();
    assert!(values.iter().eq(objects.iter().map(|object| &object.json)));
}
