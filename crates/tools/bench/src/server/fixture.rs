//! Servers of the benchmark, durable and with the documented settings, and fresh pipelines on them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Service};
use workload::broker::Broker;
use workload::generator::mix::Mix;
use workload::generator::{self, Generator};
use workload::load::{self, Loader};
use workload::source::Event;

use crate::server::huge_pages::HugePages;
use crate::server::machine;
use crate::settings::Settings;

/// PostgreSQL settings recommended by the README of this crate; none of them can lose a commit.
pub(crate) const RECOMMENDED: [(&str, &str); 7] = [
    // Each checkpoint makes the next write of every page go to the log whole.
    ("checkpoint_timeout", "30min"),
    ("max_wal_size", "8GB"),
    // Size of the WAL between two checkpoints: WAL files are recycled; creating a new one delays every commit.
    ("min_wal_size", "8GB"),
    ("wal_compression", "lz4"),
    ("wal_buffers", "16MB"),
    // Statements of a batch use an index because of `enable_seqscan`; this setting is for dashboards on flash storage.
    ("random_page_cost", "1.1"),
    // So that tables that only grow stay visible to index-only scans without a vacuum of everything.
    ("autovacuum_vacuum_insert_scale_factor", "0.1"),
];

/// Keys are hashes, so each insert touches an unpredictable index page, which should be in memory. A quarter of the
/// machine's memory.
pub(crate) const SHARED_BUFFERS: &str = "shared_buffers";

/// With pages of 4 KB, this much memory exceeds the TLB of a processor, even more so in a virtual machine.
const HUGE_PAGES: &str = "huge_pages";

/// Settings that make commits durable; nothing is measured without them.
const DURABLE: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// The servers.
pub(crate) struct Fixture {
    pub(crate) stack: Stack,
    batch_size: usize,
    seed: u64,
    /// Dropped after the stack: huge pages are released when PostgreSQL has ended.
    _huge_pages: Option<HugePages>,
}

/// A pipeline whose topic is full and whose tables are empty.
pub(crate) struct Arena {
    pub(crate) pipeline: Pipeline,
    batch_size: usize,
    broker: Broker,
    topic: String,
}

impl Fixture {
    /// Starts the servers. `profiled` has every statement counted and timed, which costs a little.
    pub(crate) async fn set(settings: &Settings, profiled: bool) -> Result<Self> {
        let mut postgres: Vec<(String, String)> =
            RECOMMENDED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let shared_buffers_mib = machine::memory_mib()? / 4;
        postgres.push((SHARED_BUFFERS.to_owned(), format!("{shared_buffers_mib}MB")));
        let huge_pages = HugePages::reserve(shared_buffers_mib)?;
        if huge_pages.is_some() {
            postgres.push((HUGE_PAGES.to_owned(), "on".to_owned()));
        }
        if profiled {
            postgres.push(("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned()));
            postgres.push(("pg_stat_statements.track".to_owned(), "all".to_owned()));
        }
        let stack = Stack::start(Options { postgres, ..Options::default() }).await?;
        Ok(Self { stack, batch_size: settings.batch_size, seed: settings.seed, _huge_pages: huge_pages })
    }

    /// Creates an empty pipeline, with the names of a week in Redis.
    pub(crate) async fn arena(&self, partitions: i32, week: &Generator) -> Result<Arena> {
        let pipeline = Pipeline::start_plain_on(self.stack.endpoints(), partitions).await?.quiet();
        load::reference(&pipeline.redis_url(), week.reference().map(Ok)).await?;
        let broker = Broker::plain(self.stack.endpoints().bootstrap_servers());
        let topic = pipeline.source(Layer::Stg);
        Ok(Arena { pipeline, batch_size: self.batch_size, broker, topic })
    }

    /// Orders with one event each, when closed; on average 3.5 lines per order and ten orders per user.
    pub(crate) fn week(&self, orders: u64) -> Generator {
        Generator::new(&self.weekly(orders))
    }

    /// The options of such orders.
    pub(crate) fn weekly(&self, orders: u64) -> generator::Options {
        generator::Options { mix: Mix::clean(), ..generator::Options::new(self.seed, orders) }
    }

    /// Creates a pipeline with a number of orders in its topic.
    pub(crate) async fn full_arena(&self, partitions: i32, orders: u64) -> Result<Arena> {
        let week = self.week(orders);
        let arena = self.arena(partitions, &week).await?;
        arena.load(week).await?;
        Ok(arena)
    }

    /// CPU time each server has used so far, its children's too.
    pub(crate) fn cpu_seconds(&self) -> Result<BTreeMap<&'static str, f64>> {
        let gone = "a server has ended";
        Ok(BTreeMap::from([
            ("postgresql", machine::family_cpu_seconds(self.stack.postgres().id().context(gone)?)?),
            ("kafka", machine::cpu_seconds(self.stack.kafka().id().context(gone)?)?),
            ("redis", machine::cpu_seconds(self.stack.redis().id().context(gone)?)?),
        ]))
    }

    /// Reads the settings of PostgreSQL from the server.
    ///
    /// # Errors
    /// If a setting that makes commits durable is off.
    pub(crate) async fn postgres_settings(&self) -> Result<BTreeMap<String, String>> {
        let url = self.stack.endpoints().database_url("postgres");
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        settings_of(&client).await
    }
}

/// Reads the settings of a server.
///
/// # Errors
/// If a setting that makes commits durable is off.
pub(crate) async fn settings_of(client: &tokio_postgres::Client) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    for name in DURABLE.into_iter().chain(RECOMMENDED.map(|(name, _)| name)).chain([
        SHARED_BUFFERS,
        HUGE_PAGES,
        "server_version",
    ]) {
        let value: String = client.query_one(&format!("SHOW {name}"), &[]).await?.try_get(0)?;
        settings.insert(name.to_owned(), value);
    }
    for name in DURABLE {
        ensure!(settings.get(name).is_some_and(|value| value == "on"), "{name} is not on");
    }
    Ok(settings)
}

impl Arena {
    /// Puts events into the orders topic, as the order system does.
    pub(crate) async fn load(&self, events: impl IntoIterator<Item = Event>) -> Result<()> {
        let loader = Loader::new(&self.broker, &self.topic)?;
        loader.run(events.into_iter().map(Ok), None).await?;
        Ok(())
    }

    /// A service as in production, but continuous.
    pub(crate) fn service(&self, layer: Layer) -> Service<'_> {
        let service = self.pipeline.service(layer).env("BATCH_SIZE", self.batch_size.to_string());
        service.unset("PARK_RETRY").unset("KAFKA_SESSION_TIMEOUT").env("RUST_LOG", "warn")
    }

    /// Starts services without waiting for them.
    pub(crate) fn spawn(&self, layers: &[Layer]) -> Result<Vec<Process>> {
        layers.iter().map(|layer| self.service(*layer).spawn()).collect()
    }

    /// Runs a checkpoint, so that earlier work does not affect a measurement.
    pub(crate) async fn calm(&self) -> Result<()> {
        self.pipeline.administer("CHECKPOINT").await
    }

    /// Creates as many WAL files as PostgreSQL keeps, as on a server that has run for some time.
    pub(crate) async fn age(&self) -> Result<()> {
        let files = "DO $$ BEGIN FOR file IN
            1..pg_size_bytes(current_setting('min_wal_size')) / pg_size_bytes(current_setting('wal_segment_size')) LOOP
            PERFORM pg_logical_emit_message(false, 'bench', 'a new file needs something in the old one');
            PERFORM pg_switch_wal();
        END LOOP; END $$";
        self.pipeline.administer(files).await?;
        self.calm().await
    }

    /// Truncates and analyzes every table, so that the statistics are misleading afterwards.
    pub(crate) async fn empty(&self) -> Result<()> {
        for layer in Layer::ALL {
            self.pipeline.truncate(layer).await?;
        }
        self.pipeline.sql("ANALYZE").await?;
        Ok(())
    }

    /// Waits until every rule is applied and every change of a tag is sent; otherwise the audits report them.
    pub(crate) async fn tagged(&self) -> Result<()> {
        let done = async || Ok(self.pipeline.untagged().await? == 0);
        harness::until("the tags are assigned and published", Duration::from_secs(60), done).await
    }

    /// Checks the result of a measurement: the audits find nothing, and the marts count this number of orders.
    pub(crate) async fn verify(&self, orders: u64) -> Result<()> {
        self.count(orders).await?;
        self.audit().await
    }

    /// Runs the audits. They read whole tables, which have not been analyzed so soon after a drain.
    pub(crate) async fn audit(&self) -> Result<()> {
        self.pipeline.sql("ANALYZE").await?;
        self.pipeline.audit().await
    }

    /// The cheap part of [`Arena::verify`]: every order is in the vault, and every line of it in the marts.
    pub(crate) async fn count(&self, orders: u64) -> Result<()> {
        let found = self.pipeline.count("SELECT count(*) FROM dds.bv_order_states WHERE status = 'CLOSED'").await?;
        ensure!(found == orders, "{found} orders in the vault instead of {orders}");
        let lines = "SELECT (SELECT coalesce(sum(order_cnt), 0) FROM cdm.user_product_counters)
            - (SELECT count(*) FROM dds.s_order_product)";
        let surplus = self.pipeline.sql(lines).await?;
        ensure!(surplus.first().context("no row")? == "0", "the marts have wrong sums: {surplus:?}");
        Ok(())
    }

    /// Drops the database, so that the next measurement has the disk and autovacuum to itself.
    pub(crate) async fn close(self) -> Result<()> {
        drop_database(&self.pipeline).await
    }
}

/// Drops the database of a pipeline that is no longer needed.
pub(crate) async fn drop_database(pipeline: &Pipeline) -> Result<()> {
    let names = pipeline.sql("SELECT current_database()").await?;
    let name = names.first().context("no name")?;
    pipeline.administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await
}

/// Stops services gracefully. Fails if one has exited before.
pub(crate) async fn stop(services: Vec<Process>) -> Result<()> {
    for service in services {
        service.stop().await?;
    }
    Ok(())
}
