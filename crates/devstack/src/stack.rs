//! The three servers together, in one folder, under one guard.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::endpoints::Endpoints;
use crate::guard::Guard;
use crate::kafka::Kafka;
use crate::options::Options;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::server::Server;

/// Kafka, PostgreSQL and Redis, running. Dropped, they end at once; [`Stack::stop`] is for data that is kept.
pub struct Stack {
    // Dropped in this order: the servers, then the guard that would end them for us, then the folder.
    kafka: Server<Kafka>,
    postgres: Server<Postgres>,
    redis: Server<Redis>,
    endpoints: Endpoints,
    _guard: Guard,
    folder: Folder,
}

impl Stack {
    /// Starts the three and returns when each of them answers.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let folder = Folder::open(options.folder)?;
        let path = folder.path();
        let guard = Guard::watch(path, folder.is_temporary())?;
        let (kafka, postgres) = tokio::try_join!(Kafka::prepare(path), Postgres::prepare(path, options.durability))?;
        let redis = Redis::prepare(path, options.redis)?;
        let stack = Self {
            endpoints: Endpoints::new(kafka.port(), postgres.port(), redis.port()),
            kafka: Server::new(kafka, path),
            postgres: Server::new(postgres, path),
            redis: Server::new(redis, path),
            _guard: guard,
            folder,
        };
        tokio::try_join!(stack.kafka.start(), stack.postgres.start(), stack.redis.start())?;
        Ok(stack)
    }

    /// Stops the three in good order.
    pub async fn stop(self) -> anyhow::Result<()> {
        tokio::try_join!(self.kafka.stop(), self.postgres.stop(), self.redis.stop())?;
        Ok(())
    }

    /// Where they answer; it stays true through stops, kills and starts.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The broker.
    pub fn kafka(&self) -> &Server<Kafka> {
        &self.kafka
    }

    /// The database server.
    pub fn postgres(&self) -> &Server<Postgres> {
        &self.postgres
    }

    /// The key-value server.
    pub fn redis(&self) -> &Server<Redis> {
        &self.redis
    }

    /// Data, and the logs `kafka.log`, `postgres.log` and `redis.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Where a stack keeps its data.
enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn open(named: Option<PathBuf>) -> anyhow::Result<Self> {
        let folder = match named {
            Some(path) => {
                fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
                Self::Kept(path.canonicalize()?)
            }
            None => Self::Temporary(tempfile::Builder::new().prefix("tagmill-").tempdir()?),
        };
        // The user postgres, whose data is inside, must be able to pass through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }

    fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary(_))
    }
}
