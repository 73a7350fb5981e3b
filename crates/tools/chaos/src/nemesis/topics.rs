//! Topics that change while they are read: deleted and created again, given more partitions, shortened by retention.

use anyhow::Result;
use devstack::{NetworkFault, Topic};
use harness::{Layer, Record};
use tokio::time::sleep;

use super::Happened;
use crate::fault::Server;
use crate::plan::Injection;
use crate::system::world::World;

/// Deletes the orders topic, creates it again and fills it past every position in the former one. First come the
/// records that STG has not committed, so that the first event of an order still comes first. Then come made-up orders,
/// which a service that continues at an old position would skip. Then come new orders, and all records of the former
/// topic once more. Either the topic is missing for some seconds, or the services cannot reach the broker meanwhile and
/// find another topic of the same name.
pub(super) async fn recreate(world: &World, injection: &Injection) -> Result<Happened> {
    let pipeline = &world.fixture.pipeline;
    let topic = pipeline.source(Layer::Stg);
    let _producers = world.turns.producers().await;
    let paused = world.order_system.pause().await;
    let _broker = world.turns.server(Server::Kafka).await;
    let _network = world.turns.network(Server::Kafka).await;
    let committed = pipeline.committed(Layer::Stg).await?;
    let mut oracle = world.oracle.lock().await;
    oracle.follow(pipeline).await?;
    oracle.forget_topic(&committed);
    let (former, ends) = (pipeline.read(&topic).await?, pipeline.ends(&topic).await?);

    let proxy = world.fixture.proxy(Server::Kafka)?;
    let behind_their_backs = injection.choice.is_multiple_of(2);
    if behind_their_backs {
        proxy.set(NetworkFault::Reset);
    }
    let endpoints = world.fixture.stack.endpoints();
    endpoints.delete_topics(&[&topic]).await?;
    if !behind_their_backs {
        sleep(injection.lasts).await;
    }
    endpoints.create_topics(&[Topic::data(&topic, world.order_system.partitions())]).await?;
    let unread = former.iter().filter(|record| is_unread(record, &committed)).map(again);
    let unseen = former.iter().filter_map(|record| unseen(world, record));
    pipeline.produce(&topic, unread.chain(unseen)).await?;
    drop(paused);
    pipeline.produce(&topic, former.iter().map(again)).await?;
    proxy.set(NetworkFault::Fair);
    let now = pipeline.ends(&topic).await?;
    Ok(committed.iter().any(|offset| *offset > 0) && now.iter().zip(&ends).all(|(now, former)| now >= former))
}

/// A made-up order in the place of this one.
fn unseen(world: &World, record: &Record) -> Option<Record> {
    let value = world.order_system.invent(record.value.as_deref()?)?;
    Some(Record { value: Some(value), ..again(record) })
}

fn is_unread(record: &Record, committed: &[i64]) -> bool {
    let partition = record.partition.and_then(|partition| usize::try_from(partition).ok());
    partition.and_then(|partition| committed.get(partition)).is_none_or(|committed| record.offset >= *committed)
}

fn again(record: &Record) -> Record {
    Record { value: record.value.clone(), partition: record.partition, ..Record::default() }
}

/// Gives a topic one partition more. Events of one user may then be in two partitions, and the newer may be read before
/// the older.
pub(super) async fn add_partition(world: &World, injection: &Injection) -> Result<Happened> {
    let pipeline = &world.fixture.pipeline;
    let topic = pipeline.source(injection.layer);
    let _producers = world.turns.producers().await;
    let paused = world.order_system.pause().await;
    let _broker = world.turns.server(Server::Kafka).await;
    let partitions = pipeline.ends(&topic).await?.len() + 1;
    world.fixture.stack.endpoints().add_partitions(&topic, partitions).await?;
    if injection.layer == Layer::Stg {
        world.order_system.set_partitions(i32::try_from(partitions)?);
    }
    drop(paused);
    Ok(pipeline.ends(&topic).await?.len() == partitions)
}

/// Removes the records of a topic that its reader has committed.
pub(super) async fn remove_committed(world: &World, injection: &Injection) -> Result<Happened> {
    let (pipeline, layer) = (&world.fixture.pipeline, injection.layer);
    let topic = pipeline.source(layer);
    let _producers = world.turns.producers().await;
    let _broker = world.turns.server(Server::Kafka).await;
    let (before, committed) = (pipeline.begins(&topic).await?, pipeline.committed(layer).await?);
    // Afterwards, so that it has read all records that are removed.
    world.oracle.lock().await.follow(pipeline).await?;
    world.fixture.stack.endpoints().delete_records(&topic, &committed).await?;
    Ok(pipeline.begins(&topic).await? > before)
}
