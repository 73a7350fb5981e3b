//! A stack: three servers in one folder, under one watchdog.

use std::path::Path;

use anyhow::Context;

use crate::endpoints::Endpoints;
use crate::folder::Folder;
use crate::options::Options;
use crate::proxy::Proxy;
use crate::secure::secured::{self, Secured};
use crate::servers::kafka::{Kafka, Proxied};
use crate::servers::pooler::Pooler;
use crate::servers::ports;
use crate::servers::postgres::Postgres;
use crate::servers::redis::Redis;
use crate::servers::server::Server;
use crate::servers::watchdog::Watchdog;

/// Running Kafka, PostgreSQL and Redis. They are killed when dropped; [`Stack::stop`] is for data that is kept.
pub struct Stack {
    // Dropped in this order: the servers, the watchdog, the folder.
    kafka: Server<Kafka>,
    postgres: Server<Postgres>,
    redis: Server<Redis>,
    pooler: Option<Server<Pooler>>,
    endpoints: Endpoints,
    proxies: Option<Proxies>,
    pooled_endpoints: Option<Endpoints>,
    secured: Option<Secured>,
    _guard: Watchdog,
    folder: Folder,
}

impl Stack {
    /// Starts the three servers and returns when each of them answers.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let folder = Folder::open(options.folder)?;
        let path = folder.path();
        let watchdog = Watchdog::watch(path, folder.is_temporary())?;
        let secured = if options.secured { Some(Secured::prepare(path)?) } else { None };
        let (kafka, postgres) = tokio::try_join!(
            Kafka::prepare(path, options.proxied, secured.as_ref(), options.auto_create_topics),
            Postgres::prepare("postgres", path, options.durability, options.postgres, secured.as_ref()),
        )?;
        if options.elsewhere
            && let Some(Proxied { others: [second, _], .. }) = kafka.proxied()
        {
            kafka.advertise("127.0.0.1", second)?;
        }
        let redis = Redis::prepare(path, options.redis, secured.as_ref())?;
        let pooler = match options.pooled {
            Some(connections) => Some(Pooler::prepare(path, postgres.port(), connections, secured.as_ref())?),
            None => None,
        };
        let proxies = match kafka.proxied() {
            Some(Proxied { listener, proxy, others: [second, third] }) => Some(Proxies {
                kafka: Proxy::start(proxy, listener).await?.and_on(second).await?.and_on(third).await?,
                other_kafka_ports: [second, third],
                postgres: Proxy::start(ports::free()?, postgres.port()).await?,
                redis: Proxy::start(ports::free()?, redis.port()).await?,
            }),
            None => None,
        };
        let stack = Self {
            endpoints: Endpoints::new(kafka.port(), postgres.port(), redis.port()),
            proxies,
            pooled_endpoints: pooler.as_ref().map(|pooler| Endpoints::new(kafka.port(), pooler.port(), redis.port())),
            pooler: pooler.map(|pooler| Server::new(pooler, path)),
            secured,
            kafka: Server::new(kafka, path),
            postgres: Server::new(postgres, path),
            redis: Server::new(redis, path),
            _guard: watchdog,
            folder,
        };
        tokio::try_join!(stack.kafka.start(), stack.postgres.start(), stack.redis.start())?;
        if stack.secured.is_some() {
            secured::create_role(&stack.endpoints.database_url("postgres")).await?;
        }
        if let Some(pooler) = &stack.pooler {
            pooler.start().await?;
        }
        Ok(stack)
    }

    /// Stops the three servers gracefully.
    pub async fn stop(self) -> anyhow::Result<()> {
        if let Some(pooler) = &self.pooler {
            pooler.stop().await?;
        }
        tokio::try_join!(self.kafka.stop(), self.postgres.stop(), self.redis.stop())?;
        Ok(())
    }

    /// Their addresses, which do not change when servers are stopped, killed or started.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The proxies in front of the servers, if [`Options::proxied`] is set.
    pub fn proxies(&self) -> Option<&Proxies> {
        self.proxies.as_ref()
    }

    /// The broker.
    pub fn kafka(&self) -> &Server<Kafka> {
        &self.kafka
    }

    /// Sets the address that the broker advertises to clients of its proxy, from its next start on. Their bootstrap
    /// address stays the same. A name that does not resolve is allowed. [`Proxies::second_kafka_port`] also leads to
    /// the broker. When it is no longer advertised, it refuses connections.
    pub fn kafka_advertises(&self, host: &str, port: u16) -> anyhow::Result<()> {
        self.kafka.program().advertise(host, port)?;
        let proxies = self.proxies.as_ref().context("the stack has no proxies")?;
        proxies.kafka.open_only(port);
        Ok(())
    }

    /// The database server.
    pub fn postgres(&self) -> &Server<Postgres> {
        &self.postgres
    }

    /// The key-value server.
    pub fn redis(&self) -> &Server<Redis> {
        &self.redis
    }

    /// The secured listeners, if [`Options::secured`] is set.
    pub fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }

    /// The pooler in front of PostgreSQL, if [`Options::pooled`] is set.
    pub fn pooler(&self) -> Option<&Server<Pooler>> {
        self.pooler.as_ref()
    }

    /// Addresses for clients that use the pooler.
    pub fn pooled_endpoints(&self) -> Option<&Endpoints> {
        self.pooled_endpoints.as_ref()
    }

    /// Data, and the logs `kafka.log`, `postgres.log` and `redis.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// One proxy for each server.
pub struct Proxies {
    /// Before the broker.
    pub kafka: Proxy,
    /// Before the database server.
    pub postgres: Proxy,
    /// Before the key-value server.
    pub redis: Proxy,
    other_kafka_ports: [u16; 2],
}

impl Proxies {
    /// Addresses for clients that use the proxies.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(self.kafka.port(), self.postgres.port(), self.redis.port())
    }

    /// A second port of the broker's proxy, with the same network fault: an address that the broker may advertise instead of
    /// the first, see [`Stack::kafka_advertises`].
    pub fn second_kafka_port(&self) -> u16 {
        self.other_kafka_ports[0]
    }

    /// The third port. When the advertised address changes between these two, the former one no longer answers.
    pub fn other_kafka_ports(&self) -> [u16; 2] {
        self.other_kafka_ports
    }

    /// All three.
    pub fn all(&self) -> [&Proxy; 3] {
        [&self.kafka, &self.postgres, &self.redis]
    }
}
