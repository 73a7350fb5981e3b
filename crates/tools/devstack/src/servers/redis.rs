//! Redis: loopback only, no password, many databases so that every test has its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, RedisResult};
use nix::sys::signal::Signal;

use crate::options::Persistence;
use crate::secure::secured::{REDIS_PASSWORD, Secured, USER};
use crate::servers::ports;
use crate::servers::server::Program;

/// Number of databases. Number 0 belongs to this crate; each test gets one of the others.
pub(crate) const DATABASES: u16 = 512;

/// A Redis with its folder.
pub struct Redis {
    port: u16,
    folder: PathBuf,
    persistence: Persistence,
    /// Arguments of the secured listener.
    secured: Vec<String>,
}

impl Redis {
    pub(crate) fn prepare(folder: &Path, persistence: Persistence, secured: Option<&Secured>) -> anyhow::Result<Self> {
        let folder = folder.join("redis");
        fs::create_dir_all(&folder)?;
        let secured = secured.map(guards).unwrap_or_default();
        Ok(Self { port: ports::free()?, folder, persistence, secured })
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
        command.args(&self.secured);
        command
    }

    async fn probe(&self) -> anyhow::Result<()> {
        let mut redis = connect(&format!("redis://127.0.0.1:{}/0", self.port)).await?;
        Ok(::redis::cmd("PING").exec_async(&mut redis).await?)
    }
}

/// Arguments that open a TLS port and create a user with a password. The default user needs no password.
fn guards(secured: &Secured) -> Vec<String> {
    let (port, certificate) = (secured.redis_port().to_string(), secured.certificate_file().display().to_string());
    let (key, ca) = (secured.key_file().display().to_string(), secured.ca_file().display().to_string());
    let password = format!(">{REDIS_PASSWORD}");
    let encryption = [
        ["--tls-port", &port],
        ["--tls-cert-file", &certificate],
        ["--tls-key-file", &key],
        ["--tls-ca-cert-file", &ca],
        ["--tls-auth-clients", "no"],
    ];
    let user = ["--user", USER, "on", &password, "~*", "+@all"];
    encryption.into_iter().flatten().chain(user).map(str::to_owned).collect()
}

/// Connects with a timeout that is long enough for a busy machine. The default of the client is half a second.
pub(crate) async fn connect(url: &str) -> RedisResult<MultiplexedConnection> {
    let patience = Some(Duration::from_secs(30));
    let config = AsyncConnectionConfig::new().set_connection_timeout(patience).set_response_timeout(patience);
    let client = Client::open(url)?;
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// Runs one command in the database of `url`, for tests that store unusual values.
pub async fn redis_command(url: &str, command: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut redis = connect(url).await?;
    Ok(::redis::cmd(command).arg(arguments).exec_async(&mut redis).await?)
}
