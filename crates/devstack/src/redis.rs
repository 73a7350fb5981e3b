//! Redis: loopback only, no password, many databases so that every test has its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, RedisResult};
use nix::sys::signal::Signal;

use crate::options::Persistence;
use crate::ports;
use crate::server::Program;

/// Number 0 is this crate's; the others are handed out, one to a test.
pub(crate) const DATABASES: u16 = 512;

/// A Redis with its folder.
pub struct Redis {
    port: u16,
    folder: PathBuf,
    persistence: Persistence,
}

impl Redis {
    pub(crate) fn prepare(folder: &Path, persistence: Persistence) -> anyhow::Result<Self> {
        let folder = folder.join("redis");
        fs::create_dir_all(&folder)?;
        Ok(Self { port: ports::free()?, folder, persistence })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Program for Redis {
    const NAME: &'static str = "redis";
    const STOP: Signal = Signal::SIGTERM;
    const ABANDON: Signal = Signal::SIGKILL;

    fn command(&self) -> Command {
        let append_only = match self.persistence {
            Persistence::AppendOnly => "yes",
            Persistence::None => "no",
        };
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]);
        command.args(["--databases", &DATABASES.to_string(), "--dir"]).arg(&self.folder);
        command.args(["--save", "", "--appendonly", append_only, "--appendfsync", "everysec"]);
        command
    }

    async fn probe(&self) -> anyhow::Result<()> {
        let mut redis = connect(&format!("redis://127.0.0.1:{}/0", self.port)).await?;
        Ok(::redis::cmd("PING").exec_async(&mut redis).await?)
    }
}

/// Connects with the patience of a busy machine; the client's own is half a second.
pub(crate) async fn connect(url: &str) -> RedisResult<MultiplexedConnection> {
    let patience = Some(Duration::from_secs(30));
    let config = AsyncConnectionConfig::new().set_connection_timeout(patience).set_response_timeout(patience);
    let client = Client::open(url)?;
    client.get_multiplexed_async_connection_with_config(&config).await
}
