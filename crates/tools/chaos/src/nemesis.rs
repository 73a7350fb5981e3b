//! The nemesis: injects the faults of the plan, one file per family. A fault heals what it has broken.

mod services;
mod inside;
mod overtaken;
mod replicas;
mod servers;
mod network;
mod database;
mod reference;
mod broker;
mod topics;
mod producers;
mod role;

use anyhow::Result;
use tokio::time::sleep;

use crate::fault::{Fault, Point};
use crate::plan::Injection;
use crate::system::world::World;

/// Whether a fault has had an effect: a process died, bytes were lost. Otherwise it does not count.
pub(crate) type Happened = bool;

/// Waits for the moment of an injection, injects the fault, and heals it.
pub(crate) async fn inject(world: &World, injection: &Injection) -> Result<Happened> {
    sleep(injection.after).await;
    match injection.fault {
        Fault::Kill(layer) => services::kill(world, layer, injection).await,
        Fault::Zombie(layer) => services::zombie(world, layer, injection).await,
        Fault::DieAt(point @ (Point::Resumed | Point::Sent)) => inside::die_unparking(world, point).await,
        Fault::DieAt(point) => inside::die_in_a_batch(world, point, injection).await,
        Fault::FreezeAt(layer, point) => overtaken::freeze(world, layer, point, injection).await,
        Fault::Join => replicas::join(world, injection).await,
        Fault::Leave => replicas::leave(world, injection).await,
        Fault::KillServer(server) => servers::kill(world, server, injection).await,
        Fault::FreezeServer(server) => servers::freeze(world, server, injection).await,
        Fault::Cut(server) => network::cut(world, server, injection).await,
        Fault::Slow(server) => network::slow(world, server, injection).await,
        Fault::HalfOpen(server) => network::half_open(world, server, injection).await,
        Fault::LoseCommits => network::lose_commits(world).await,
        Fault::SwallowCommits => network::swallow_commits(world).await,
        Fault::TerminateBackends => database::terminate(world, injection).await,
        Fault::LockTable => database::lock(world, injection).await,
        Fault::FullDisk => database::fill(world, injection).await,
        Fault::ForgetNames => reference::forget(world, injection).await,
        Fault::BrokerAway(end) => broker::away(world, end, injection).await,
        Fault::BrokerMoves(end) => broker::moves(world, end, injection).await,
        Fault::BrokerUnresolvable => broker::unresolvable(world, injection).await,
        Fault::RecreateTopic => topics::recreate(world, injection).await,
        Fault::AddPartition => topics::add_partition(world, injection).await,
        Fault::Retention => topics::remove_committed(world, injection).await,
        Fault::Zstd => producers::zstd(world, injection).await,
        Fault::Transactions => producers::transactions(world, injection).await,
        Fault::Setting(setting) => role::set(world, setting, injection).await,
    }
}
