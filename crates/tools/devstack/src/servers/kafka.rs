//! Kafka in KRaft mode: one node, broker and controller at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;

use crate::secure::secured::{KAFKA_PASSWORD, Secured, USER};
use crate::servers::server::Program;
use crate::{servers::ports, servers::process};

/// Cluster id: any 16 bytes in base64; these are "TagmillDevStack1".
const CLUSTER_ID: &str = "VGFnbWlsbERldlN0YWNrMQ";

/// A broker with its folder formatted.
pub struct Kafka {
    port: u16,
    proxied: Option<Proxied>,
    libs: PathBuf,
    properties: PathBuf,
    /// The host and port advertised to clients of the proxy.
    advertised: Mutex<Option<(String, u16)>>,
}

/// A second listener for clients behind a proxy. Clients of Kafka connect to the advertised addresses, so the broker
/// must advertise the address of the proxy to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proxied {
    /// Port of the broker for the proxy.
    pub(crate) listener: u16,
    /// Port of the proxy for clients.
    pub(crate) proxy: u16,
    /// Port of the proxy for clients of a broker that advertises another address.
    pub(crate) others: [u16; 2],
}

impl Kafka {
    /// Writes the configuration into `folder` and formats the data folder, unless an earlier stack has.
    pub(crate) async fn prepare(
        folder: &Path,
        proxied: bool,
        secured: Option<&Secured>,
        auto_create_topics: bool,
    ) -> anyhow::Result<Self> {
        let folder = folder.join("kafka");
        fs::create_dir_all(&folder)?;
        let detour = || {
            let others = [ports::free()?, ports::free()?];
            anyhow::Ok(Proxied { listener: ports::free()?, proxy: ports::free()?, others })
        };
        let proxied = proxied.then(detour).transpose()?;
        let properties_file = folder.join("server.properties");
        let kafka = Self {
            port: ports::free()?,
            proxied,
            libs: libs()?,
            properties: properties_file,
            advertised: Mutex::default(),
        };
        let data = folder.join("data");
        fs::write(
            &kafka.properties,
            properties(kafka.port, proxied, secured, ports::free()?, &data, auto_create_topics),
        )?;
        if !data.join("meta.properties").exists() {
            let mut format = kafka.java("kafka.tools.StorageTool");
            format.args(["format", "--cluster-id", CLUSTER_ID, "--config"]).arg(&kafka.properties);
            if secured.is_some() {
                format.args(["--add-scram", &format!("SCRAM-SHA-512=[name={USER},password={KAFKA_PASSWORD}]")]);
            }
            process::complete(format).await.context("cannot format the folder of Kafka")?;
        }
        Ok(kafka)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn proxied(&self) -> Option<Proxied> {
        self.proxied
    }

    /// Advertises this host and port to clients of the proxy, from the next start on. Their bootstrap address stays the
    /// same.
    pub(crate) fn advertise(&self, host: &str, port: u16) -> anyhow::Result<()> {
        let proxied = self.proxied.context("only a proxied broker has clients whose address may change")?;
        let mut advertised = self.advertised.lock().unwrap_or_else(PoisonError::into_inner);
        let (before_host, before_port) = advertised.clone().unwrap_or_else(|| ("127.0.0.1".to_owned(), proxied.proxy));
        let before = format!(",PROXIED://{before_host}:{before_port}");
        let text = fs::read_to_string(&self.properties)?;
        let (head, line) =
            text.split_once("advertised.listeners=").context("server.properties has no advertised.listeners")?;
        let line = line.replacen(&before, &format!(",PROXIED://{host}:{port}"), 1);
        fs::write(&self.properties, format!("{head}advertised.listeners={line}"))?;
        *advertised = Some((host.to_owned(), port));
        Ok(())
    }

    fn java(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.arg("-Xmx512m")
            // JVM options for a broker that runs for minutes on few cores: fast start, few threads.
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
            .arg("-Dorg.slf4j.simpleLogger.showDateTime=true")
            .arg("-cp")
            .arg(self.libs.join("*"))
            .arg(class);
        java
    }
}

impl Program for Kafka {
    const NAME: &'static str = "kafka";
    const STOP: Signal = Signal::SIGTERM;
    const ABANDON: Signal = Signal::SIGKILL;

    fn command(&self) -> Command {
        let mut command = self.java("kafka.Kafka");
        command.arg(&self.properties);
        command
    }

    /// Succeeds when the broker answers and its controller has unfenced it.
    async fn probe(&self) -> anyhow::Result<()> {
        let address = (std::net::Ipv4Addr::LOCALHOST, self.port);
        tokio::net::TcpStream::connect(address).await?; // avoids refused connections in the log of librdkafka
        let client: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", format!("127.0.0.1:{}", self.port)).create()?;
        let metadata = tokio::task::spawn_blocking(move || client.inner().fetch_metadata(None, Duration::from_secs(1)));
        ensure!(!metadata.await??.brokers().is_empty(), "no broker is registered");
        Ok(())
    }
}

/// Folder of the jars installed by `setup.sh`, in the target folder of this workspace.
fn libs() -> anyhow::Result<PathBuf> {
    let libs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/kafka/libs");
    libs.canonicalize().context("the jars of Kafka are missing: run `make setup`")
}

fn properties(
    port: u16,
    proxied: Option<Proxied>,
    secured: Option<&Secured>,
    controller_port: u16,
    data: &Path,
    auto_create_topics: bool,
) -> String {
    let data = data.display();
    let (mut listener, mut advertised) = match proxied {
        None => (String::new(), String::new()),
        Some(Proxied { listener, proxy, .. }) => {
            (format!(",PROXIED://127.0.0.1:{listener}"), format!(",PROXIED://127.0.0.1:{proxy}"))
        }
    };
    if let Some(secured) = secured {
        listener.push_str(&format!(",SECURED://127.0.0.1:{}", secured.kafka_port()));
        advertised.push_str(&format!(",SECURED://{}", secured.bootstrap_servers()));
    }
    let guards = secured.map(guards).unwrap_or_default();
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{listener}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT,SECURED:SASL_SSL
inter.broker.listener.name=PLAINTEXT
log.dirs={data}

# One node holds every replica.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# Small, and quick to start.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0

# A killed broker can register again when its previous session has expired; nine seconds by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# Off unless a test enables it, so that a missing topic is an error.
auto.create.topics.enable={auto_create_topics}
{guards}"
    )
}

/// Users and certificate of the secured listener.
fn guards(secured: &Secured) -> String {
    let modules = "org.apache.kafka.common.security";
    let keystore = secured.keystore_file();
    let keystore = keystore.display();
    format!(
        "
listener.name.secured.ssl.keystore.type=PEM
listener.name.secured.ssl.keystore.location={keystore}
listener.name.secured.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secured.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required \
    user_{USER}=\"{KAFKA_PASSWORD}\";
listener.name.secured.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
"
    )
}
