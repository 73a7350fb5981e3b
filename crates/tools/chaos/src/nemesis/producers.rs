//! Producers that compress with zstd or write in transactions.

use anyhow::{Context, Result};
use harness::Layer;
use tokio::time::sleep;

use super::Happened;
use crate::plan::Injection;
use crate::system::order_system::Way;
use crate::system::producer::Outgoing;
use crate::system::transactions::Transactions;
use crate::system::world::World;

/// The largest number of orders made up for one transaction.
const INVENTED: usize = 12;

/// The order system compresses for a while.
pub(super) async fn zstd(world: &World, injection: &Injection) -> Result<Happened> {
    let _orders = world.order_system.need();
    let _producers = world.turns.producers().await;
    let before = world.order_system.written(Way::Zstd);
    write_for_a_while(world, Way::Zstd, injection).await;
    Ok(world.order_system.written(Way::Zstd) > before)
}

/// The order system writes in transactions for a while. Another producer aborts a transaction, whose orders must never
/// be read, and leaves one open, for which every reader waits. That one is aborted or committed afterwards.
pub(super) async fn transactions(world: &World, injection: &Injection) -> Result<Happened> {
    let _orders = world.order_system.need();
    let _producers = world.turns.producers().await;
    let pipeline = &world.fixture.pipeline;
    let bootstrap = pipeline.endpoints().bootstrap_servers();
    let foreign = Transactions::new(&bootstrap, &pipeline.source(Layer::Stg), "foreign");
    let before = world.order_system.written(Way::Transactions);
    let own = write_for_a_while(world, Way::Transactions, injection);
    let others = async {
        let aborted = transaction(world, &foreign, false, injection).await?;
        anyhow::Ok(aborted && transaction(world, &foreign, injection.choice.is_multiple_of(2), injection).await?)
    };
    let ((), others) = tokio::join!(own, others);
    Ok(others? && world.order_system.written(Way::Transactions) > before)
}

/// Changes how the order system writes. Returns when it has written that way for a while and writes plainly again.
async fn write_for_a_while(world: &World, way: Way, injection: &Injection) {
    world.order_system.set_way(way);
    sleep(injection.lasts).await;
    world.order_system.set_way(Way::Plain);
    // It has finished writing that way when it releases its turn.
    drop(world.order_system.pause().await);
}

/// Keeps a transaction open for a while. Returns whether it began and ended as planned.
async fn transaction(
    world: &World,
    transactions: &Transactions,
    commit: bool,
    injection: &Injection,
) -> Result<Happened> {
    let orders = invent(world).await?;
    let Ok(open) = transactions.begin(&orders).await else {
        transactions.abort_open().await?;
        return Ok(false);
    };
    sleep(injection.lasts / if commit { 1 } else { 2 }).await;
    Ok(transactions.end(open, commit).await? && !orders.is_empty())
}

/// Made-up orders: the latest events of each partition under new numbers.
async fn invent(world: &World) -> Result<Vec<Outgoing>> {
    let pipeline = &world.fixture.pipeline;
    let topic = pipeline.source(Layer::Stg);
    let begins: Vec<i64> = pipeline.ends(&topic).await?.iter().map(|end| (end - 5).max(0)).collect();
    let mut invented = Vec::new();
    for record in pipeline.read_from(&topic, &begins).await? {
        let partition = record.partition.context("a record has no partition")?;
        let order = record.value.as_deref().and_then(|value| world.order_system.invent(value));
        invented.extend(order.map(|order| (partition, Some(order))));
    }
    invented.truncate(INVENTED);
    Ok(invented)
}
