//! Fixture of the tests of dds: a real PostgreSQL, without Kafka; records are passed directly.

use std::time::Duration;

use consumer::{Outcome, Processor, Record};
use database::{Database, Statement, Transaction, statement};
use dds::Dds;
use devstack::Endpoints;
use runtime::settings::MemoryBudget;
use serde_json::Value;
use stream::{Service, Shared};

use crate::story::{closed, message};

/// The template database with the schema.
const TEMPLATE: &str = "dds_it_template";

/// The audits of the vault alone.
const AUDITS: [Statement; 6] = [
    statement!("audit/vault/hubs"),
    statement!("audit/vault/links"),
    statement!("audit/vault/satellites"),
    statement!("audit/orders/order_states"),
    statement!("audit/marts/product_counters"),
    statement!("audit/marts/category_counters"),
];

/// Counts insert statements into the six tables whose keys are cached, which are not visible in their rows.
const COUNT_INSERTS: [&str; 3] = [
    "CREATE SEQUENCE public.inserts",
    "CREATE FUNCTION public.count_insert() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN PERFORM nextval('public.inserts'); RETURN NULL; END $$",
    "DO $$
     DECLARE t text;
     BEGIN
         FOREACH t IN ARRAY ARRAY['h_user', 'h_product', 'h_category', 'h_restaurant', 'l_product_restaurant',
             'l_product_category'] LOOP
             EXECUTE format('CREATE TRIGGER count_insert AFTER INSERT ON dds.%I EXECUTE FUNCTION public.count_insert()', t);
         END LOOP;
     END $$",
];

/// Selects the keys of the six tables, which a replay leaves unchanged.
const KEYS: &str = "
    SELECT concat_ws(' ', k.name, k.key) FROM (
        SELECT 'h_user' AS name, h_user_pk AS key FROM dds.h_user
        UNION ALL SELECT 'h_product', h_product_pk FROM dds.h_product
        UNION ALL SELECT 'h_category', h_category_pk FROM dds.h_category
        UNION ALL SELECT 'h_restaurant', h_restaurant_pk FROM dds.h_restaurant
        UNION ALL SELECT 'l_product_restaurant', hk_product_restaurant_pk FROM dds.l_product_restaurant
        UNION ALL SELECT 'l_product_category', hk_product_category_pk FROM dds.l_product_category
    ) AS k ORDER BY 1";

/// A database of its own.
pub(crate) struct Fixture {
    pub(crate) database: Database,
}

impl Fixture {
    /// With an empty vault.
    pub(crate) async fn set() -> anyhow::Result<Self> {
        let stack: &Endpoints = devstack::shared().await?;
        let migrate = async |url: String| {
            warehouse::migrate(&database::Settings::from_url(&url, None, 1)?).await?;
            Ok(())
        };
        stack.template_database(TEMPLATE, migrate).await?;
        let name = stack.fresh_name("dds_it").await?;
        stack.create_database_from(TEMPLATE, &name).await?;
        let database = Database::new(&database::Settings::from_url(&stack.database_url(&name), None, 4)?);
        let fixture = Self { database };
        for statement in COUNT_INSERTS {
            fixture.sql(statement).await?;
        }
        Ok(fixture)
    }

    /// A replica with an empty cache.
    pub(crate) async fn replica(&self) -> anyhow::Result<Dds> {
        // It is used only during a rebuild.
        let kafka = kafka::Settings { service: "dds-service".to_owned(), ..kafka::Settings::default() };
        let shared = Shared {
            database: self.database.clone(),
            kafka,
            load_src: "test".to_owned(),
            max_message_bytes: usize::MAX,
            memory: MemoryBudget::of(128 << 20),
        };
        Ok(Dds::processor(&(), &shared).await?)
    }

    /// Runs one statement in its own transaction, and returns its rows as text.
    pub(crate) async fn sql(&self, sql: &'static str) -> anyhow::Result<Vec<String>> {
        let transaction = self.database.begin_batch().await?;
        let rows = run(&transaction, sql).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// The keys of the six tables.
    pub(crate) async fn keys(&self) -> anyhow::Result<Vec<String>> {
        self.sql(KEYS).await
    }

    /// Number of insert statements into them so far.
    pub(crate) async fn inserts(&self) -> anyhow::Result<usize> {
        let count =
            self.sql("SELECT (CASE WHEN is_called THEN last_value ELSE 0 END)::text FROM public.inserts").await?;
        Ok(count.concat().parse()?)
    }

    /// Asserts that no audit of the vault finds a difference.
    pub(crate) async fn audit(&self) -> anyhow::Result<()> {
        let transaction = self.database.begin_maintenance().await?;
        for audit in AUDITS {
            assert_eq!(transaction.query(&audit, []).await?.len(), 0, "{}", audit.name);
        }
        Ok(transaction.commit().await?)
    }

    /// Waits until a statement waits for a lock.
    pub(crate) async fn someone_waits(&self) -> anyhow::Result<()> {
        let waiting = "SELECT pid::text FROM pg_locks AS l WHERE NOT l.granted AND l.pid IN
            (SELECT a.pid FROM pg_stat_activity AS a WHERE a.datname = current_database())";
        let wait = async {
            while self.sql(waiting).await?.is_empty() {}
            Ok(())
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await?
    }
}

/// Runs one statement.
pub(crate) async fn run(transaction: &Transaction, sql: &'static str) -> anyhow::Result<Vec<String>> {
    let rows = transaction.query(&Statement { name: "test", sql }, []).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Stores a closed order of these products.
pub(crate) async fn store(replica: &Dds, order: usize, products: &[u8]) -> anyhow::Result<()> {
    assert_eq!(again(replica, order, products).await?, [Outcome::Stored]);
    Ok(())
}

/// The same, with any outcome.
pub(crate) async fn again(replica: &Dds, order: usize, products: &[u8]) -> anyhow::Result<Vec<Outcome>> {
    store_all(replica, &[message(order, 0, &closed(products))]).await
}

/// Stores a batch of messages and returns their outcomes.
pub(crate) async fn store_all(replica: &Dds, messages: &[Value]) -> anyhow::Result<Vec<Outcome>> {
    let events = messages.iter().map(|message| {
        let value = Some(message.to_string().into_bytes());
        let (topic, key, headers) = ("stg-service-orders".into(), None, Vec::new());
        let record = Record { topic, partition: 0, offset: 0, timestamp: None, key, value, headers, unread: None };
        replica.decode(&record).unwrap()
    });
    Ok(replica.store(&events.collect::<Vec<_>>()).await?.outcomes)
}
