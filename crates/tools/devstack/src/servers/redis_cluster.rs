//! A Redis server in cluster mode, for tests that clients reject it.

use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::servers::ports;
use crate::servers::redis::connect;

/// A cluster of one node. It is killed when this is dropped or the test is killed.
pub struct RedisCluster {
    port: u16,
    _child: Child,
    _folder: TempDir,
}

/// Time limit for the start of the node.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Polling interval of the state of the node.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

impl RedisCluster {
    /// Starts a node that has every slot or, if not `complete`, none: such a cluster refuses every command with a key.
    pub async fn start(complete: bool) -> anyhow::Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, ports::free()?);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--cluster-enabled", "yes", "--cluster-port", &ports::free()?.to_string()]);
        command.args(["--save", "", "--dir"]).arg(folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let cluster = Self { port, _child: child, _folder: folder };
        timeout(START_TIMEOUT, cluster.prepare(complete)).await??;
        Ok(cluster)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn prepare(&self, complete: bool) -> anyhow::Result<()> {
        let mut node = loop {
            match connect(&self.url()).await {
                Ok(node) => break node,
                Err(_) => sleep(POLL_INTERVAL).await,
            }
        };
        if complete {
            let mut assign = ::redis::cmd("CLUSTER");
            assign.arg("ADDSLOTSRANGE").arg(0).arg(16_383).exec_async(&mut node).await?;
            loop {
                let info: String = ::redis::cmd("CLUSTER").arg("INFO").query_async(&mut node).await?;
                if info.contains("cluster_state:ok") {
                    break;
                }
                sleep(POLL_INTERVAL).await;
            }
        }
        Ok(())
    }
}
