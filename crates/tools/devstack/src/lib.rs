//! Real Kafka, PostgreSQL and Redis on free loopback ports: started, stopped, killed, paused and resumed at will.
//!
//! The demo, every integration test, the fault tests and the benchmark use this crate; nothing is mocked.
//! `deploy/devstack/setup.sh` installs the programs.
//!
//! Most tests use the shared stack, with names of their own:
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use devstack::Topic;
//!
//! let stack = devstack::shared().await?; // the one of `devstack run`, else one for this process
//!
//! let topic = stack.fresh_name("orders").await?; // "orders_17", which is unique
//! stack.create_topics(&[Topic::data(&topic, 3)]).await?;
//!
//! let template = "warehouse"; // migrated once, by the first caller
//! stack.template_database(template, async |url| migrate(&url).await).await?;
//! let database = stack.fresh_name("it").await?;
//! let database_url = stack.create_database_from(template, &database).await?;
//!
//! let redis_url = stack.redis_url(stack.fresh_redis_database().await?);
//! let brokers = stack.bootstrap_servers();
//! # let _ = (database_url, redis_url, brokers);
//! # Ok(())
//! # }
//! # async fn migrate(_: &str) -> anyhow::Result<()> { Ok(()) }
//! ```
//!
//! A test that injects faults starts a [`Stack`] of its own. Dropping it removes everything, including its folder:
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use devstack::{Options, Stack};
//!
//! let stack = Stack::start(Options::for_tests()).await?;
//! stack.postgres().kill().await?; // SIGKILL, its backends too
//! stack.postgres().start().await?; // the same port, the same data
//! stack.kafka().pause()?; // SIGSTOP: connections stay open, nothing answers
//! stack.kafka().resume()?;
//! let url = stack.endpoints().database_url("postgres");
//! # let _ = url;
//! # Ok(())
//! # }
//! ```

mod secure;
mod database_stack;
mod elt_stack;
mod endpoints;
mod folder;
mod servers;
mod options;
mod proxy;
mod shared;
mod stack;
mod user_service;

pub use database_stack::DatabaseStack;
pub use elt_stack::{EltProxies, EltStack, EltUrls};
pub use endpoints::Endpoints;
pub use endpoints::topics::Topic;
pub use options::{Durability, Options, Persistence};
pub use proxy::{NetworkFault, Proxy, Tally};
pub use secure::secured::Secured;
pub use servers::kafka::Kafka;
pub use servers::pooler::Pooler;
pub use servers::postgres::{Postgres, postgres_program};
pub use servers::redis::{Redis, redis_command};
pub use servers::redis_cluster::RedisCluster;
pub use servers::role_settings::{ROLE_SETTINGS, RoleSetting, Treatment};
pub use servers::server::{Program, Server};
pub use shared::{STACK_VARIABLE, shared};
pub use stack::{Proxies, Stack};
pub use user_service::UserService;
