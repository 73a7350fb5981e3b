//! Two databases and a Redis for each test, and cycles of a job between them.

use std::{sync::Arc, time::Duration};

use elt::{Job, Method, Options, Outcome, Servers, Status};
use redis::{AsyncConnectionConfig, aio::MultiplexedConnection};
use tokio_postgres::{Client, NoTls};

/// M, A and Redis.
pub(crate) struct Fixture {
    pub(crate) source_url: String,
    /// What cycles read instead of M, if it is set.
    pub(crate) standby_url: Option<String>,
    pub(crate) target_url: String,
    pub(crate) redis_url: String,
    /// Writes to M.
    pub(crate) source: Client,
    /// Looks at A.
    pub(crate) target: Client,
    /// Looks at Redis; `None`: cycles run without it.
    pub(crate) redis: Option<MultiplexedConnection>,
    pub(crate) options: Options,
}

pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// How long Redis may take. The driver gives up after half a second, which a busy machine exceeds.
const REDIS_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) async fn connect_redis(url: &str) -> anyhow::Result<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT));
    Ok(redis::Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await?)
}

pub(crate) fn options() -> Options {
    Options {
        instance: "test".to_owned(),
        hash_limit: 500_000,
        fresh: Duration::ZERO,
        lock_timeout: Duration::from_secs(30),
        allow_deletes: false,
        method: Method::Fastest,
        from_beginning: false,
        dry_run: false,
        record_failure: true,
        estimate: false,
        progress: Arc::default(),
    }
}

impl Fixture {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        Self::on(devstack::shared().await?).await
    }

    /// On a stack of its own, which can be disturbed.
    pub(crate) async fn on(stack: &devstack::Endpoints) -> anyhow::Result<Self> {
        let template = "elt_target";
        stack
            .template_database(template, async |url| {
                elt::MIGRATIONS.apply(&database::Settings::from_url(&url, None, 1)?).await?;
                Ok(())
            })
            .await?;
        let source_url = stack.create_database(&stack.fresh_name("elt_m").await?).await?;
        let target_url = stack.create_database_from(template, &stack.fresh_name("elt_a").await?).await?;
        let redis_url = stack.redis_url(stack.fresh_redis_database().await?);
        Ok(Self {
            source: connect(&source_url).await?,
            target: connect(&target_url).await?,
            redis: Some(connect_redis(&redis_url).await?),
            source_url,
            standby_url: None,
            target_url,
            redis_url,
            options: options(),
        })
    }

    /// On two clusters of its own; cycles read from a hot standby of M.
    pub(crate) async fn with_standby(stack: &devstack::EltStack) -> anyhow::Result<Self> {
        let devstack::EltUrls { source, standby, target, redis } = stack.create("elt").await?;
        elt::MIGRATIONS.apply(&database::Settings::from_url(&target, None, 1)?).await?;
        Ok(Self {
            source: connect(&source).await?,
            target: connect(&target).await?,
            redis: Some(connect_redis(&redis).await?),
            source_url: source,
            standby_url: standby,
            target_url: target,
            redis_url: redis,
            options: options(),
        })
    }

    /// Waits until the standby has everything that M has flushed.
    pub(crate) async fn until_replayed(&self) -> anyhow::Result<()> {
        let Some(url) = &self.standby_url else { return Ok(()) };
        let flushed: String =
            self.source.query_one("SELECT pg_current_wal_flush_lsn()::text", &[]).await?.try_get(0)?;
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{flushed}'::pg_lsn");
        loop {
            // A database that was just created is not there at once.
            if let Ok(standby) = connect(url).await
                && standby.query_one(&replayed, &[]).await?.try_get(0)?
            {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    /// With a table of M, a job that copies it, and one cycle of it.
    pub(crate) async fn with(create: &str, job: &Job) -> anyhow::Result<Self> {
        let fixture = Self::new().await?;
        fixture.source.batch_execute(create).await?;
        fixture.good(job).await?;
        Ok(fixture)
    }

    /// One cycle on connections of its own.
    pub(crate) async fn cycle(&self, job: &Job) -> anyhow::Result<Outcome> {
        self.cycle_with(job, &self.options).await
    }

    pub(crate) async fn cycle_with(&self, job: &Job, options: &Options) -> anyhow::Result<Outcome> {
        let read_url = self.standby_url.as_ref().unwrap_or(&self.source_url);
        let (source, target) = (connect(read_url).await?, connect(&self.target_url).await?);
        let mut redis = self.redis.clone();
        let servers = Servers { source: &source, target: &target, redis: redis.as_mut() };
        Ok(elt::run(job, servers, options).await)
    }

    /// A cycle that has to go well.
    pub(crate) async fn good(&self, job: &Job) -> anyhow::Result<Outcome> {
        let outcome = self.cycle(job).await?;
        anyhow::ensure!(outcome.status == Status::Ok, "{outcome:?}");
        Ok(outcome)
    }

    pub(crate) async fn write(&self, sql: &str) -> anyhow::Result<()> {
        Ok(self.source.batch_execute(sql).await?)
    }

    pub(crate) async fn flush_redis(&self) -> anyhow::Result<()> {
        let mut redis = connect_redis(&self.redis_url).await?;
        Ok(redis::cmd("FLUSHDB").exec_async(&mut redis).await?)
    }
}

/// The rows of a query as text, sorted.
pub(crate) async fn rows(client: &Client, query: &str) -> anyhow::Result<Vec<String>> {
    let query = format!("SELECT q::text FROM ({query}) AS q ORDER BY 1");
    client.query(&query, &[]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// A number.
pub(crate) async fn number(client: &Client, query: &str) -> anyhow::Result<i64> {
    Ok(client.query_one(query, &[]).await?.try_get(0)?)
}

/// A job of YAML text.
pub(crate) fn job(text: &str) -> Job {
    Job::parse("jobs/test.yaml", text.as_bytes()).unwrap()
}

/// The table `items` and a job that copies it by `id`, with the keys given.
pub(crate) const ITEMS: &str = "CREATE TABLE items (id int PRIMARY KEY, title text, category text,
    updated_at timestamp DEFAULT localtimestamp)";

pub(crate) fn items(keys: &str, more: &str) -> Job {
    job(&format!(
        "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id int PRIMARY KEY, title text, category text, updated_at timestamp, elt_deleted_at timestamptz)
SELECT_SOURCE_SQL: SELECT id, title, category, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: |
  INSERT INTO items (id, title, category, updated_at) VALUES (%s, %s, %s, %s)
  ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title, category = EXCLUDED.category, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT {keys} FROM items
TARGET_TABLE: items
KEY_COLUMNS: [{keys}]
{more}"
    ))
}

pub(crate) const ITEMS_OF: &str = "SELECT id, title, category, updated_at FROM items";
