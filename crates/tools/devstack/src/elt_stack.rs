//! A stack for elt-service: two PostgreSQL clusters, source and target, a hot standby of the source, and Redis.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::timeout;

use crate::endpoints::databases;
use crate::endpoints::{self, Endpoints};
use crate::folder::Folder;
use crate::options::Options;
use crate::proxy::Proxy;
use crate::servers::ports;
use crate::servers::postgres::Postgres;
use crate::servers::redis::Redis;
use crate::servers::server::Server;
use crate::servers::watchdog::Watchdog;

/// Time limit for the standby to get a new database.
const STANDBY_TIMEOUT: Duration = Duration::from_secs(60);

/// Running servers for elt-service. Each is stopped, killed and paused alone. They are killed when dropped;
/// [`EltStack::stop`] is for data that is kept.
pub struct EltStack {
    // Dropped in this order: the servers, the watchdog, the folder.
    standby: Option<Server<Postgres>>,
    source: Server<Postgres>,
    target: Server<Postgres>,
    redis: Server<Redis>,
    ports: Ports,
    proxies: Option<EltProxies>,
    _watchdog: Watchdog,
    folder: Folder,
}

/// Ports of the servers.
#[derive(Debug, Clone, Copy)]
struct Ports {
    source: u16,
    standby: Option<u16>,
    target: u16,
    redis: u16,
}

/// One proxy for each server.
pub struct EltProxies {
    /// In front of the source.
    pub source: Proxy,
    /// In front of the target.
    pub target: Proxy,
    /// In front of Redis.
    pub redis: Proxy,
}

/// The URLs that elt-service needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EltUrls {
    /// `SOURCE_DATABASE_URL`.
    pub source: String,
    /// The same database on the standby; `None` without one.
    pub standby: Option<String>,
    /// `TARGET_DATABASE_URL`.
    pub target: String,
    /// `REDIS_URL`.
    pub redis: String,
}

impl EltUrls {
    /// Environment variables for the service or a shell.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("SOURCE_DATABASE_URL", self.source.clone()),
            ("TARGET_DATABASE_URL", self.target.clone()),
            ("REDIS_URL", self.redis.clone()),
        ]
    }
}

impl EltStack {
    /// Starts the servers and returns when each of them answers.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let folder = Folder::open(options.folder)?;
        let path = folder.path();
        let watchdog = Watchdog::watch(path, folder.is_temporary())?;
        let (durability, settings) = (options.durability, options.postgres);
        let (source, target) = tokio::try_join!(
            Postgres::prepare("source", path, durability, settings.clone(), None),
            Postgres::prepare("target", path, durability, settings.clone(), None),
        )?;
        let redis = Redis::prepare(path, options.redis, None)?;
        let mut ports = Ports { source: source.port(), standby: None, target: target.port(), redis: redis.port() };
        let proxies = if options.proxied { Some(EltProxies::start(ports).await?) } else { None };
        let (source, target) = (Server::new(source, path), Server::new(target, path));
        let redis = Server::new(redis, path);
        tokio::try_join!(source.start(), target.start(), redis.start())?;
        let standby = if options.standby {
            let standby = Postgres::prepare_standby(path, durability, settings, ports.source).await?;
            ports.standby = Some(standby.port());
            let standby = Server::new(standby, path);
            standby.start().await?;
            Some(standby)
        } else {
            None
        };
        Ok(Self { standby, source, target, redis, ports, proxies, _watchdog: watchdog, folder })
    }

    /// Stops the servers gracefully, the standby before its primary.
    pub async fn stop(self) -> anyhow::Result<()> {
        if let Some(standby) = &self.standby {
            standby.stop().await?;
        }
        tokio::try_join!(self.source.stop(), self.target.stop(), self.redis.stop())?;
        Ok(())
    }

    /// The source (M).
    pub fn source(&self) -> &Server<Postgres> {
        &self.source
    }

    /// The hot standby of the source, if [`Options::standby`] is set.
    pub fn standby(&self) -> Option<&Server<Postgres>> {
        self.standby.as_ref()
    }

    /// The target (A).
    pub fn target(&self) -> &Server<Postgres> {
        &self.target
    }

    /// Redis.
    pub fn redis(&self) -> &Server<Redis> {
        &self.redis
    }

    /// The proxies in front of the servers, if [`Options::proxied`] is set.
    pub fn proxies(&self) -> Option<&EltProxies> {
        self.proxies.as_ref()
    }

    /// Creates a database in both clusters and takes an empty Redis database. Returns their URLs, without proxies.
    pub async fn create(&self, name: &str) -> anyhow::Result<EltUrls> {
        for port in [self.ports.source, self.ports.target] {
            databases::create(&endpoints::database_url(port, "postgres"), name).await?;
        }
        self.await_standby(name).await?;
        let redis = Endpoints::new(0, self.ports.target, self.ports.redis).fresh_redis_database().await?;
        Ok(self.ports.urls(name, redis))
    }

    /// Creates a database in both clusters, unless it exists.
    pub async fn ensure(&self, name: &str) -> anyhow::Result<()> {
        for port in [self.ports.source, self.ports.target] {
            databases::ensure(&endpoints::database_url(port, "postgres"), name).await?;
        }
        self.await_standby(name).await
    }

    /// Waits until the standby has the database, too.
    async fn await_standby(&self, name: &str) -> anyhow::Result<()> {
        let Some(port) = self.ports.standby else { return Ok(()) };
        let url = endpoints::database_url(port, "postgres");
        timeout(STANDBY_TIMEOUT, databases::await_known(&url, name))
            .await
            .with_context(|| format!("the standby does not get the database {name}"))?
    }

    /// The URLs of a database on both clusters and of a Redis database, whether they exist or not.
    #[must_use]
    pub fn urls(&self, name: &str, redis_database: u16) -> EltUrls {
        self.ports.urls(name, redis_database)
    }

    /// The same URLs by way of the proxies.
    #[must_use]
    pub fn proxied(&self, urls: &EltUrls) -> EltUrls {
        let Some(EltProxies { source, target, redis }) = &self.proxies else { return urls.clone() };
        let via = |url: &str, from: u16, to: u16| url.replace(&format!(":{from}/"), &format!(":{to}/"));
        EltUrls {
            source: via(&urls.source, self.ports.source, source.port()),
            standby: urls.standby.clone(),
            target: via(&urls.target, self.ports.target, target.port()),
            redis: via(&urls.redis, self.ports.redis, redis.port()),
        }
    }

    /// Data, and the logs `source.log`, `standby.log`, `target.log` and `redis.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl EltProxies {
    async fn start(ports: Ports) -> anyhow::Result<Self> {
        Ok(Self {
            source: Proxy::start(ports::free()?, ports.source).await?,
            target: Proxy::start(ports::free()?, ports.target).await?,
            redis: Proxy::start(ports::free()?, ports.redis).await?,
        })
    }
}

impl Ports {
    fn urls(self, name: &str, redis_database: u16) -> EltUrls {
        EltUrls {
            source: endpoints::database_url(self.source, name),
            standby: self.standby.map(|port| endpoints::database_url(port, name)),
            target: endpoints::database_url(self.target, name),
            redis: endpoints::redis_url(self.redis, redis_database),
        }
    }
}
