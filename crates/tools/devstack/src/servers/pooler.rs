//! pgbouncer in transaction mode in front of a stack's PostgreSQL: few server connections for many clients.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use nix::sys::signal::Signal;
use nix::unistd::User;

use crate::endpoints::POSTGRES_USER;
use crate::secure::secured::{POSTGRES_PASSWORD, Secured, USER};
use crate::servers::server::Program;
use crate::{endpoints::databases, servers::owner::owner, servers::ports};

/// A pooler with its configuration written.
pub struct Pooler {
    port: u16,
    settings: PathBuf,
    owner: Option<User>,
}

impl Pooler {
    /// Starts pgbouncer in front of the PostgreSQL on `server_port`, with a number of server connections per database.
    pub(crate) fn prepare(
        folder: &Path,
        server_port: u16,
        connections: u16,
        secured: Option<&Secured>,
    ) -> anyhow::Result<Self> {
        let folder = folder.join("pgbouncer");
        fs::create_dir_all(&folder)?;
        let port = secured.map_or_else(ports::free, |secured| Ok(secured.pooler_port()))?;
        let pooler = Self { port, settings: folder.join("pgbouncer.ini"), owner: owner()? };
        let users = folder.join("users.txt");
        fs::write(&users, format!("\"{POSTGRES_USER}\" \"\"\n\"{USER}\" \"{POSTGRES_PASSWORD}\"\n"))?;
        let rules = folder.join("hba.conf");
        fs::write(
            &rules,
            format!("hostssl all {USER} 127.0.0.1/32 scram-sha-256\nhost all {POSTGRES_USER} 127.0.0.1/32 trust\n"),
        )?;
        let guards = secured.map(guards).unwrap_or_default();
        let settings = format!(
            "[databases]
* = host=127.0.0.1 port={server_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {}
unix_socket_dir =
auth_type = hba
auth_hba_file = {}
auth_file = {}
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 300
{guards}",
            pooler.port,
            rules.display(),
            users.display()
        );
        fs::write(&pooler.settings, settings).context("cannot write the settings of pgbouncer")?;
        Ok(pooler)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Program for Pooler {
    const NAME: &'static str = "pgbouncer";
    const STOP: Signal = Signal::SIGTERM;
    const ABANDON: Signal = Signal::SIGKILL;

    fn command(&self) -> Command {
        let installed = Path::new("/usr/sbin/pgbouncer"); // out of the search path of most users
        let mut command = Command::new(if installed.exists() { installed } else { Path::new("pgbouncer") });
        if let Some(owner) = &self.owner {
            command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
        }
        command.arg(&self.settings);
        command
    }

    async fn probe(&self) -> anyhow::Result<()> {
        let url = format!("postgres://{POSTGRES_USER}@127.0.0.1:{}/postgres", self.port);
        databases::connect(&url).await?.simple_query("SELECT 1").await?;
        Ok(())
    }
}

/// Settings of TLS on both sides, the same as those of PostgreSQL.
fn guards(secured: &Secured) -> String {
    format!(
        "client_tls_sslmode = allow
client_tls_cert_file = {}
client_tls_key_file = {}
server_tls_sslmode = require
",
        secured.certificate_file().display(),
        secured.postgres_key_file().display()
    )
}
