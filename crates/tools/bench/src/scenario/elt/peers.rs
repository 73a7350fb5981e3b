//! Other programs that copy tables: sling and dlt, from PyPI, pinned by hash (`peers/requirements.txt`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::servers::Servers;
use super::timed;
use crate::output::figures::Figure;
use crate::output::progress::tell;

/// Where `make bench` installs them.
const VENV: &str = "target/venvs/elt-peers";

/// The pipeline of dlt.
const DLT: &str = include_str!("../../../peers/dlt_orders.py");

pub(super) const SLING_OVER: Figure = Figure::new("elt_sling_over_first_load", "first load: sling ÷ elt-service", 2);
pub(super) const DLT_OVER: Figure =
    Figure::new("elt_dlt_over_first_load", "first load: dlt, its fastest backend ÷ elt-service", 2);

/// A program, in one of its modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) program: &'static str,
    /// Of dlt.
    backend: &'static str,
    /// Its table in A.
    table: &'static str,
    pub(super) seconds: Figure,
    pub(super) undeleted: Figure,
}

const ALL: [Peer; 3] = [
    Peer {
        program: "sling",
        backend: "",
        table: "public.sling_orders",
        seconds: Figure::new("elt_sling_seconds", "first load by sling, s", 2),
        undeleted: Figure::new("elt_sling_undeleted_rows", "deleted rows that sling leaves", 0),
    },
    Peer {
        program: "dlt",
        backend: "connectorx",
        table: "dlt_connectorx.orders",
        seconds: Figure::new("elt_dlt_connectorx_seconds", "first load by dlt (connectorx), s", 2),
        undeleted: Figure::new("elt_dlt_connectorx_undeleted_rows", "deleted rows that dlt (connectorx) leaves", 0),
    },
    Peer {
        program: "dlt",
        backend: "pyarrow",
        table: "dlt_pyarrow.orders",
        seconds: Figure::new("elt_dlt_pyarrow_seconds", "first load by dlt (pyarrow), s", 2),
        undeleted: Figure::new("elt_dlt_pyarrow_undeleted_rows", "deleted rows that dlt (pyarrow) leaves", 0),
    },
];

/// How a peer copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Everything, into a new table: the fastest they have.
    Whole,
    /// What has changed, by key and stamp.
    Changes,
}

/// The peers, if they are installed.
pub(super) struct Peers {
    /// The binary itself: the script of the package starts Python first. `None`: not installed.
    sling: Option<PathBuf>,
    python: PathBuf,
}

impl Peers {
    /// Finds them. Without them the other figures are measured all the same.
    pub(super) fn installed() -> Result<Self> {
        let venv = std::path::absolute(VENV)?;
        let (sling, python) = (sling(&venv), venv.join("bin/python"));
        if sling.is_none() || !python.is_file() {
            tell(format!("elt: no other programs in {}; `make bench` installs them", venv.display()));
        }
        Ok(Self { sling: sling.filter(|_| python.is_file()), python })
    }

    /// The first load of each. Returns their seconds.
    pub(super) async fn first_loads(&self, servers: &Servers) -> Result<Vec<(Peer, f64)>> {
        let mut loads = Vec::new();
        for peer in self.all() {
            self.forget(peer, servers).await?;
            servers.calm().await?;
            servers.checkpoint().await?;
            let seconds = timed(self.run(peer, Mode::Whole, servers)).await?;
            ensure!(rows(peer, servers).await? == servers.rows(), "{} has not copied every row", peer.program);
            tell(format!("elt: {} {}: {seconds:.2} s", peer.program, peer.backend));
            loads.push((*peer, seconds));
        }
        Ok(loads)
    }

    /// A copy of the changes by each. Returns the rows they should have deleted.
    pub(super) async fn increments(&self, servers: &Servers) -> Result<Vec<(Peer, u64)>> {
        let mut undeleted = Vec::new();
        for peer in self.all() {
            self.run(peer, Mode::Changes, servers).await?;
            undeleted.push((*peer, rows(peer, servers).await?.saturating_sub(servers.rows())));
        }
        Ok(undeleted)
    }

    fn all(&self) -> &'static [Peer] {
        if self.sling.is_some() { &ALL } else { &[] }
    }

    async fn forget(&self, peer: &Peer, servers: &Servers) -> Result<()> {
        let table = peer.table;
        servers.target.batch_execute(&format!("DROP TABLE IF EXISTS {table}")).await?;
        if peer.program == "dlt" {
            let schema = format!("dlt_{}", peer.backend);
            let statement =
                format!("DROP SCHEMA IF EXISTS {schema} CASCADE; DROP SCHEMA IF EXISTS {schema}_staging CASCADE");
            servers.target.batch_execute(&statement).await?;
            let _ = std::fs::remove_dir_all(pipelines(servers.folder()));
        }
        Ok(())
    }

    async fn run(&self, peer: &Peer, mode: Mode, servers: &Servers) -> Result<()> {
        let mut command = match &self.sling {
            Some(binary) if peer.program == "sling" => sling_command(binary, mode, peer),
            _ => self.dlt(mode, peer),
        };
        let urls = servers.urls();
        command.env("SOURCE", &urls.source).env("TARGET", &urls.target).env("PIPELINES", pipelines(servers.folder()));
        command.env("HOME", servers.folder()).env("DLT_DATA_DIR", pipelines(servers.folder()));
        command.current_dir(servers.folder()).kill_on_drop(true);
        let output = command.output().await.with_context(|| format!("cannot start {}", peer.program))?;
        let text = [output.stdout, output.stderr].concat();
        ensure!(output.status.success(), "{}: {}", peer.program, String::from_utf8_lossy(&text));
        Ok(())
    }

    fn dlt(&self, mode: Mode, peer: &Peer) -> Command {
        let mut command = Command::new(&self.python);
        let disposition = if mode == Mode::Whole { "replace" } else { "merge" };
        command.args(["-c", DLT, peer.backend, disposition]).env("RUNTIME__DLTHUB_TELEMETRY", "false");
        // The servers trust everyone on loopback; dlt insists on a password.
        command.env("DESTINATION__POSTGRES__CREDENTIALS__PASSWORD", "unused");
        command
    }
}

/// The binary of sling in a virtual environment.
fn sling(venv: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(venv.join("lib")).ok()?;
    let binary = "site-packages/sling_linux_amd64/bin/sling-linux-amd64";
    versions.flatten().map(|python| python.path().join(binary)).find(|path| path.is_file())
}

fn sling_command(binary: &Path, mode: Mode, peer: &Peer) -> Command {
    let mut command = Command::new(binary);
    command.args(["run", "--src-conn", "SOURCE", "--src-stream", "public.orders"]);
    command.args(["--tgt-conn", "TARGET", "--tgt-object", peer.table]);
    match mode {
        Mode::Whole => command.args(["--mode", "full-refresh"]),
        Mode::Changes => {
            command.args(["--mode", "incremental", "--primary-key", "order_id", "--update-key", "updated_at"])
        }
    };
    command.env("SLING_DISABLE_TELEMETRY", "TRUE");
    command
}

/// The working folder of dlt.
fn pipelines(folder: &Path) -> PathBuf {
    folder.join("dlt")
}

async fn rows(peer: &Peer, servers: &Servers) -> Result<u64> {
    let statement = format!("SELECT count(*) FROM {}", peer.table);
    Ok(u64::try_from(servers.target.query_one(&statement, &[]).await?.try_get::<_, i64>(0)?)?)
}
