//! Environment of a run with segments-service: servers behind proxies, a user service, segments and users, two replicas.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devstack::{NetworkFault, Options, Proxy, Stack, Topic, UserService};
use harness::webhook::{Behaviour, admin_key};
use harness::{Connection, Environment, Layer, Pipeline};
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls};

use super::fault::Server;
use super::model::{IMPORTED, LIVE, PERCENT, QUERIED, REQUESTED, TIMED};
use super::subscribers::Subscribers;
use crate::replicas::plan::REPLICAS;
use crate::replicas::replica::Replica;

const SERVICE: &str = "segments-service";

/// The login for SQL of segments.
const LOGIN: &str = "chaos_queries";

/// The servers and the replicas. Everything is stopped when it is dropped.
pub(super) struct Fixture {
    pub(super) replicas: Vec<Replica>,
    pub(super) users: UserService,
    subscribers: Option<Subscribers>,
    /// The database by its own address.
    pub(super) url: String,
    pub(super) user_topic: String,
    pub(super) tag_topic: String,
    stack: Stack,
    /// Faults of one server exclude each other.
    turns: [Mutex<()>; 2],
}

impl Fixture {
    /// Starts the servers and the replicas, and creates the segments.
    pub(super) async fn set() -> Result<Self> {
        let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await?;
        let pipeline = Pipeline::start_plain_on(stack.endpoints(), 2).await?.quiet();
        let (url, tag_topic) = (pipeline.database_url(), pipeline.destination(Layer::Cdm));
        let user_topic = "UserAction".to_owned();
        stack.endpoints().create_topics(&[Topic::data(&user_topic, 2)]).await?;
        let (users, turns) = (UserService::start().await?, Default::default());
        let mut fixture =
            Self { replicas: Vec::new(), users, subscribers: None, url, user_topic, tag_topic, stack, turns };
        let environment = fixture.environment(&pipeline)?;
        harness::migrate(SERVICE, &environment).await?;
        fixture.prepare().await?;
        for number in 0..REPLICAS {
            let folder = fixture.stack.folder().to_owned();
            fixture.replicas.push(Replica::start(SERVICE, number, environment.clone(), folder)?);
        }
        for replica in &fixture.replicas {
            replica.turn().await.ready().await?;
        }
        let key = admin_key(&environment).await?;
        let mut connection = Connection::new(fixture.replicas[0].address());
        fixture.subscribers = Some(Subscribers::subscribe(&mut connection, &key).await?);
        Ok(fixture)
    }

    /// The settings of a replica: by way of the proxies.
    fn environment(&self, pipeline: &Pipeline) -> Result<Environment> {
        let proxied = self.stack.proxies().context("no proxies")?.endpoints();
        let name = self.url.rsplit('/').next().and_then(|name| name.split('?').next()).context("no name")?;
        let settings = [
            ("DATABASE_URL", proxied.database_url(name)),
            ("REFRESH_DATABASE_URL", proxied.database_url_as(LOGIN, name)),
            ("KAFKA_BOOTSTRAP_SERVERS", proxied.bootstrap_servers()),
            ("KAFKA_USER_TOPIC", self.user_topic.clone()),
            ("KAFKA_TAG_TOPIC", self.tag_topic.clone()),
            ("KAFKA_DEAD_LETTER_TOPIC", pipeline.dead_letters(Layer::Cdm)),
            ("KAFKA_GROUP_ID", "chaos-segments".to_owned()),
            ("KAFKA_SESSION_TIMEOUT", "6s".to_owned()),
            ("USER_SERVICE_URL", self.users.url()),
            ("TAG_SEGMENTS", "on".to_owned()),
            ("DEV_METHODS", "true".to_owned()),
            ("WEBHOOK_PRIVATE", "allow".to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
        ];
        Ok(settings.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The table of a query, its login, and the segments.
    async fn prepare(&self) -> Result<()> {
        let mut statements = include_str!("../../sql/segments/prepare.sql").replace("$LOGIN", LOGIN);
        for name in REQUESTED.into_iter().chain([IMPORTED, TIMED]) {
            statements.push_str(&format!("INSERT INTO segments.segments (name) VALUES ('{name}');\n"));
        }
        let query = "{\"query\":{\"sql\":\"SELECT guid FROM public.customers WHERE is_in\"}}";
        let percent = format!("{{\"percent\":{{\"percent\":{PERCENT}}}}}");
        for (name, is_live, params) in [(QUERIED, false, query), (LIVE, true, percent.as_str())] {
            statements.push_str(&format!(
                "INSERT INTO segments.segments (name, refresh_auto, refresh_params) VALUES ('{name}', {is_live}, '{params}');\n"
            ));
        }
        Ok(self.database().await?.batch_execute(&statements).await?)
    }

    /// The proxy of a server.
    pub(super) fn proxy(&self, server: Server) -> Result<&Proxy> {
        let proxies = self.stack.proxies().context("no proxies")?;
        Ok(match server {
            Server::Postgres => &proxies.postgres,
            Server::Kafka => &proxies.kafka,
        })
    }

    /// The receivers of the subscriptions.
    pub(super) fn subscribers(&self) -> Result<&Subscribers> {
        self.subscribers.as_ref().context("no subscribers")
    }

    /// The broker by its own address.
    pub(super) fn bootstrap_servers(&self) -> String {
        self.stack.endpoints().bootstrap_servers()
    }

    /// One fault of a server at a time.
    pub(super) async fn turn(&self, server: Server) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns[server as usize].lock().await
    }

    pub(super) async fn kill(&self, server: Server) -> Result<()> {
        match server {
            Server::Postgres => self.stack.postgres().kill().await,
            Server::Kafka => self.stack.kafka().kill().await,
        }
    }

    /// Starts a server. It is not an error if it runs.
    pub(super) async fn start(&self, server: Server) -> Result<()> {
        match server {
            Server::Postgres => self.stack.postgres().start().await,
            Server::Kafka => self.stack.kafka().start().await,
        }
    }

    /// Ends network faults, and starts servers.
    pub(super) async fn heal(&self) -> Result<()> {
        for server in Server::ALL {
            self.proxy(server)?.set(NetworkFault::Fair);
            self.start(server).await?;
        }
        self.subscribers()?.behave(Behaviour::Works);
        Ok(())
    }

    /// A connection to the database, not by way of the proxy.
    pub(super) async fn database(&self) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.context("PostgreSQL")?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Copies the logs of replicas and servers to a folder that is kept.
    pub(super) fn keep_logs(&self, folder: Option<&Path>) -> Result<PathBuf> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => tempfile::Builder::new().prefix("tagmill-chaos-").tempdir()?.keep(),
        };
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(self.stack.folder())? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        Ok(folder)
    }
}
