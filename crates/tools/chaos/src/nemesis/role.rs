//! Settings of a role or a database of PostgreSQL that change while services run. All sessions are then ended.

use anyhow::Result;
use devstack::{ROLE_SETTINGS, RoleSetting};
use tokio::time::sleep;

use super::Happened;
use super::database::TERMINATE;
use crate::fault::{Server, Setting};
use crate::plan::Injection;
use crate::system::world::World;

/// Sessions of services.
const SERVICES: &str = "SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name LIKE '%-service'";

/// Settings of the session that undoes a setting, which must not affect it.
const UNAFFECTED: &str = "SET transaction_read_only = off; SET statement_timeout = 0; SET lock_timeout = 0";

/// Changes a setting of the role or the database for new sessions and ends the present ones. Undoes it in the same way
/// after some seconds.
pub(super) async fn set(world: &World, setting: Setting, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.server(Server::Postgres).await;
    let whose = whose(world, injection).await?;
    for set in settings(setting, injection.choice / 2) {
        world.fixture.pipeline.administer(&format!("ALTER {whose} {set}")).await?;
    }
    renew(world).await?;
    sleep(injection.lasts).await;
    let met = world.fixture.pipeline.count(SERVICES).await? > 0;
    if setting == Setting::AsynchronousCommit {
        world.fixture.kill(Server::Postgres).await?;
        world.fixture.start(Server::Postgres).await?;
    }
    world.fixture.pipeline.administer(&format!("{UNAFFECTED}; ALTER {whose} RESET ALL")).await?;
    renew(world).await?;
    Ok(met)
}

async fn whose(world: &World, injection: &Injection) -> Result<String> {
    let (kind, name) =
        if injection.choice.is_multiple_of(2) { ("ROLE", "current_user") } else { ("DATABASE", "current_database()") };
    let name = world.fixture.pipeline.sql(&format!("SELECT quote_ident({name})")).await?.join("");
    Ok(format!("{kind} {name}"))
}

async fn renew(world: &World) -> Result<()> {
    let client = world.fixture.pipeline.database().await?;
    Ok(client.batch_execute(&format!("{UNAFFECTED}; {TERMINATE}")).await?)
}

/// The setting, as it follows `ALTER ROLE …`.
fn settings(setting: Setting, choice: usize) -> Vec<String> {
    let one = match setting {
        Setting::Isolation if choice.is_multiple_of(2) => "SET default_transaction_isolation = 'repeatable read'",
        Setting::Isolation => "SET default_transaction_isolation = 'serializable'",
        Setting::AsynchronousCommit => "SET synchronous_commit = off",
        Setting::SearchPath => "SET search_path = nowhere",
        Setting::ReadOnly => "SET default_transaction_read_only = on",
        Setting::Sundry => {
            return ROLE_SETTINGS.iter().filter(|setting| setting.goes_unnoticed()).map(RoleSetting::set).collect();
        }
    };
    vec![one.to_owned()]
}
