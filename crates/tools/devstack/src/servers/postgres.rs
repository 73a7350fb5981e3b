//! PostgreSQL: a cluster of the stack, on loopback only, with trust authentication.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use nix::sys::signal::Signal;
use nix::unistd::User;

use crate::endpoints::POSTGRES_USER;
use crate::options::Durability;
use crate::secure::secured::{Secured, USER};
use crate::servers::server::Program;
use crate::{endpoints::databases, servers::owner::owner, servers::ports, servers::process};

/// Server settings beyond the defaults; the sizes suit a few gigabytes of memory and a busy test or bench.
const SETTINGS: [(&str, &str); 9] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""), // the path of a socket is limited to 107 bytes, that of a folder is not
    ("max_connections", "300"),
    ("shared_buffers", "256MB"),
    ("max_wal_size", "4GB"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_min_messages", "warning"),
    ("log_line_prefix", "%m [%p] %d "),
];
/// See [`Durability::Off`] for why `synchronous_commit` is not among them.
const NOT_DURABLE: [(&str, &str); 2] = [("fsync", "off"), ("full_page_writes", "off")];

/// A cluster, initialised.
pub struct Postgres {
    name: &'static str,
    port: u16,
    programs: PathBuf,
    data: PathBuf,
    durability: Durability,
    /// Server settings in addition to [`SETTINGS`], `name=value`: those of the caller, and the paths of certificates.
    settings: Vec<String>,
    owner: Option<User>,
}

impl Postgres {
    /// Initialises the cluster `name` in `folder`, unless an earlier stack has.
    pub(crate) async fn prepare(
        name: &'static str,
        folder: &Path,
        durability: Durability,
        chosen: Vec<(String, String)>,
        secured: Option<&Secured>,
    ) -> anyhow::Result<Self> {
        let mut postgres = Self::in_folder(name, folder, durability, chosen, secured)?;
        if !postgres.is_initialised() {
            let mut initdb = postgres.program("initdb");
            initdb
                .args(["--username", POSTGRES_USER, "--auth", "trust"])
                .args(["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--pgdata"])
                .arg(&postgres.data);
            process::complete(initdb).await.context("cannot initialise PostgreSQL")?;
        }
        if let Some(secured) = secured {
            postgres.secure(secured)?;
        }
        Ok(postgres)
    }

    /// Copies the running cluster on `primary_port` as its hot standby, unless an earlier stack has. It follows the
    /// primary by streaming replication.
    pub(crate) async fn prepare_standby(
        folder: &Path,
        durability: Durability,
        chosen: Vec<(String, String)>,
        primary_port: u16,
    ) -> anyhow::Result<Self> {
        let standby = Self::in_folder("standby", folder, durability, chosen, None)?;
        if !standby.is_initialised() {
            let mut copy = standby.program("pg_basebackup");
            copy.args(["--host", "127.0.0.1", "--port", &primary_port.to_string(), "--username", POSTGRES_USER])
                .args(["--checkpoint", "fast", "--no-sync", "--pgdata"])
                .arg(&standby.data);
            process::complete(copy).await.context("cannot copy the primary")?;
        }
        // The primary of a kept folder has another port at each start.
        let connection = format!("primary_conninfo = 'host=127.0.0.1 port={primary_port} user={POSTGRES_USER}'\n");
        fs::write(standby.data.join("postgresql.auto.conf"), connection)?;
        fs::write(standby.data.join("standby.signal"), "")?;
        Ok(standby)
    }

    fn in_folder(
        name: &'static str,
        folder: &Path,
        durability: Durability,
        chosen: Vec<(String, String)>,
        secured: Option<&Secured>,
    ) -> anyhow::Result<Self> {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        let postgres = Self {
            name,
            port: secured.map_or_else(ports::free, |secured| Ok(secured.postgres_port()))?,
            programs: programs()?,
            data: folder.join("data"),
            durability,
            settings: chosen.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
            owner: owner()?,
        };
        if let Some(owner) = &postgres.owner {
            chown(&folder, Some(owner.uid.as_raw()), Some(owner.gid.as_raw()))?;
        }
        Ok(postgres)
    }

    fn is_initialised(&self) -> bool {
        self.data.join("PG_VERSION").exists()
    }

    /// Requires TLS and a password for the secured role; all other clients stay trusted.
    fn secure(&mut self, secured: &Secured) -> anyhow::Result<()> {
        let rules = self.data.join("pg_hba.conf");
        let open = fs::read_to_string(&rules)?;
        if !open.contains(USER) {
            // Written in place, so that the owner of the file stays the same. The first rule that matches applies.
            let guarded = format!("hostssl all {USER} all scram-sha-256\nhost all {USER} all reject\n{open}");
            fs::write(&rules, guarded).context("cannot write pg_hba.conf")?;
        }
        let file = |name, path: PathBuf| format!("{name}={}", path.display());
        self.settings.extend([
            "ssl=on".to_owned(),
            file("ssl_cert_file", secured.certificate_file()),
            file("ssl_key_file", secured.postgres_key_file()),
        ]);
        Ok(())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A program of PostgreSQL as the owner of the data, in a folder that the owner may enter.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir("/");
        if let Some(owner) = &self.owner {
            command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
        }
        command
    }
}

impl Program for Postgres {
    const NAME: &'static str = "postgres";
    /// "Fast": SIGTERM would wait for every client to leave.
    const STOP: Signal = Signal::SIGINT;
    /// "Immediate": SIGKILL would leave children and shared memory behind.
    const ABANDON: Signal = Signal::SIGQUIT;

    fn name(&self) -> &str {
        self.name
    }

    fn command(&self) -> Command {
        let mut command = self.program("postgres");
        command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
        let lax: &[_] = match self.durability {
            Durability::Full => &[],
            Durability::Off => &NOT_DURABLE,
        };
        for (name, value) in SETTINGS.iter().chain(lax) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        command
    }

    async fn probe(&self) -> anyhow::Result<()> {
        let url = format!("postgres://{POSTGRES_USER}@127.0.0.1:{}/postgres", self.port);
        databases::connect(&url).await?.simple_query("SELECT 1").await?;
        Ok(())
    }
}

/// A program of PostgreSQL, `pg_dump` or the like, of the version that the stacks run.
pub fn postgres_program(name: &str) -> anyhow::Result<PathBuf> {
    Ok(programs()?.join(name))
}

/// The newest version installed by Debian's packages, or else the one on the search path.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|version| version.file_name().to_str()?.parse::<u16>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    newest.or_else(on_path).context("PostgreSQL is not installed: run `make setup`")
}
