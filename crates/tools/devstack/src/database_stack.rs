//! A stack of PostgreSQL alone, for a service that needs nothing else.

use std::path::Path;

use crate::endpoints::Endpoints;
use crate::folder::Folder;
use crate::options::Options;
use crate::servers::postgres::Postgres;
use crate::servers::server::Server;
use crate::servers::watchdog::Watchdog;

/// A running PostgreSQL. It is killed when dropped; [`DatabaseStack::stop`] is for data that is kept.
pub struct DatabaseStack {
    // Dropped in this order: the server, the watchdog, the folder.
    postgres: Server<Postgres>,
    endpoints: Endpoints,
    _watchdog: Watchdog,
    folder: Folder,
}

impl DatabaseStack {
    /// Starts the server and returns when it answers.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let folder = Folder::open(options.folder)?;
        let path = folder.path();
        let watchdog = Watchdog::watch(path, folder.is_temporary())?;
        let postgres = Postgres::prepare("postgres", path, options.durability, options.postgres, None).await?;
        let endpoints = Endpoints::new(0, postgres.port(), 0);
        let postgres = Server::new(postgres, path);
        postgres.start().await?;
        Ok(Self { postgres, endpoints, _watchdog: watchdog, folder })
    }

    /// Stops the server gracefully.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.postgres.stop().await
    }

    /// The server.
    pub fn postgres(&self) -> &Server<Postgres> {
        &self.postgres
    }

    /// The URL of a database, whether it exists or not.
    pub fn url(&self, database: &str) -> String {
        self.endpoints.database_url(database)
    }

    /// The same for another role, which must exist.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        self.endpoints.database_url_as(role, database)
    }

    /// Data, and the log `postgres.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
