//! Fixture of the tests of stg: a real PostgreSQL and Redis, without Kafka; records are passed directly.

use std::process::Stdio;

use clap::{Args, FromArgMatches};
use consumer::{OutboxBatch, Outcome, Processor, Record};
use database::{Database, Statement};
use devstack::Endpoints;
use orders::UtcMicros;
use runtime::{Confirmation, settings::MemoryBudget};
use serde_json::{Value, json};
use stg::{
    Stg,
    parked::{List, Release},
};
use stream::Service;
use workload::{load, source::Reference};

pub(crate) const USER: &str = "626a81ce9a8cd1920641e296";
pub(crate) const RESTAURANT: &str = "ef8c42c19b7518a9aebec106";

/// Acts without asking.
pub(crate) const YES: Confirmation = Confirmation { dry_run: false, yes: true };

/// The template database with the schema.
const TEMPLATE: &str = "stg_it_template";

/// A database and a Redis of its own.
pub(crate) struct Fixture {
    database_url: String,
    redis_url: String,
    pub(crate) database: Database,
}

/// Settings of the processor that differ between tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) park_max_age: &'static str,
    pub(crate) max_message_bytes: usize,
}

pub(crate) const USUAL: Setting = Setting { park_max_age: "24h", max_message_bytes: usize::MAX };

impl Fixture {
    /// With an empty Redis.
    pub(crate) async fn set() -> anyhow::Result<Self> {
        let stack: &Endpoints = devstack::shared().await?;
        let redis_url = stack.redis_url(stack.fresh_redis_database().await?);
        let migrate = async |url: String| {
            warehouse::migrate(&database::Settings::from_url(&url, None, 1)?).await?;
            Ok(())
        };
        stack.template_database(TEMPLATE, migrate).await?;
        let name = stack.fresh_name("stg_it").await?;
        stack.create_database_from(TEMPLATE, &name).await?;
        let database_url = stack.database_url(&name);
        let database = Database::new(&database::Settings::from_url(&database_url, None, 4)?);
        Ok(Self { database_url, redis_url, database })
    }

    /// With one user, and one restaurant whose menu is empty.
    pub(crate) async fn with_names() -> anyhow::Result<Self> {
        let fixture = Self::set().await?;
        fixture.name_user(USER).await?;
        fixture.name_restaurant(RESTAURANT, &[]).await?;
        Ok(fixture)
    }

    /// A replica.
    pub(crate) async fn processor(&self, setting: Setting) -> anyhow::Result<Stg> {
        let parser = <Stg as Service>::Settings::augment_args(clap::Command::new("stg"));
        let redis = format!("--redis-url={}", self.redis_url);
        let matches =
            parser.try_get_matches_from(["stg", &redis, &format!("--park-max-age={}", setting.park_max_age)])?;
        let settings = <Stg as Service>::Settings::from_arg_matches(&matches)?;
        Ok(Stg::new(&settings, &self.database, setting.max_message_bytes, MemoryBudget::default())?)
    }

    pub(crate) async fn name_user(&self, id: &str) -> anyhow::Result<()> {
        self.put(id, &json!({"_id": id, "name": format!("Имя {id}"), "login": id}).to_string()).await
    }

    /// Each product in a category of its own.
    pub(crate) async fn name_restaurant(&self, id: &str, products: &[&str]) -> anyhow::Result<()> {
        let product = |product: &&str| json!({"_id": product, "name": format!("Блюдо {product}"), "category": format!("Раздел {product}")});
        let menu: Vec<Value> = products.iter().map(product).collect();
        self.put(id, &json!({"_id": id, "name": "Кофейня №1", "menu": menu}).to_string()).await
    }

    /// Any value, be it a name or not.
    pub(crate) async fn put(&self, id: &str, value: &str) -> anyhow::Result<()> {
        let reference = Reference { id: id.to_owned(), json: value.to_owned() };
        load::reference(&self.redis_url, [Ok(reference)]).await?;
        Ok(())
    }

    /// Removes a name.
    pub(crate) async fn forget(&self, id: &str) -> anyhow::Result<()> {
        self.put(id, "").await
    }

    /// Runs SQL that returns one text per row.
    pub(crate) async fn sql(&self, sql: &'static str) -> anyhow::Result<Vec<String>> {
        let transaction = self.database.begin_maintenance().await?;
        let rows = transaction.query(&Statement { name: "test", sql }, []).await?;
        transaction.commit().await?;
        Ok(rows.iter().map(|row| database::get(row, 0)).collect::<Result<_, _>>()?)
    }

    /// Runs a subcommand as a process. Returns its exit code and its output.
    pub(crate) async fn run(&self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_stg-service"));
        let output = command
            .env_clear()
            .env("DATABASE_URL", &self.database_url)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .await?;
        Ok((output.status.code(), String::from_utf8([output.stdout, output.stderr].concat())?))
    }

    /// The output of `parked list`.
    pub(crate) async fn list(&self, list: List) -> anyhow::Result<String> {
        let mut out = Vec::new();
        list.run(&self.database, None, now(), &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    /// The same with reasons from Redis.
    pub(crate) async fn list_with_reasons(&self, list: List) -> anyhow::Result<String> {
        let (names, mut out) =
            (reference::ReferenceStore::connect(&reference::Settings::from_url(&self.redis_url, None)?), Vec::new());
        list.run(&self.database, Some(&names), now(), &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    /// Runs a command of Redis.
    pub(crate) async fn redis(&self, command: &str, arguments: &[&str]) -> anyhow::Result<()> {
        devstack::redis_command(&self.redis_url, command, arguments).await
    }

    /// The lines of `parked list --json`.
    pub(crate) async fn listed(&self) -> anyhow::Result<Vec<Value>> {
        let text = self.list(List { json: true, ..List::default() }).await?;
        Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// The output and the result of `parked release`.
    pub(crate) async fn release(&self, release: Release) -> anyhow::Result<(String, anyhow::Result<()>)> {
        let mut out = Vec::new();
        let end = release.run(&self.database, now(), &mut out).await;
        Ok((String::from_utf8(out)?, end))
    }
}

/// Stores the events of records and returns their outcomes.
pub(crate) async fn store(processor: &mut Stg, records: &[Record]) -> anyhow::Result<Vec<Outcome>> {
    let events = records.iter().map(|record| processor.decode(record)).collect::<Result<Vec<_>, _>>();
    Ok(processor.store(&events.map_err(|outcome| anyhow::anyhow!("{outcome:?}"))?).await?.outcomes)
}

/// Runs one round, marks its messages as sent and returns them.
pub(crate) async fn round(processor: &mut Stg) -> anyhow::Result<Vec<Value>> {
    let backlog = processor.poll_outbox(100).await?;
    processor.mark_sent().await?;
    sent(&backlog)
}

/// Runs rounds until there is no more work, and returns their messages.
pub(crate) async fn rounds(processor: &mut Stg) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    loop {
        let backlog = processor.poll_outbox(100).await?;
        processor.mark_sent().await?;
        all.extend(sent(&backlog)?);
        if !backlog.more {
            return Ok(all);
        }
    }
}

pub(crate) fn sent(backlog: &OutboxBatch) -> anyhow::Result<Vec<Value>> {
    Ok(backlog.messages.iter().map(|message| serde_json::from_slice(&message.value)).collect::<Result<_, _>>()?)
}

/// The ids of orders sent, in ascending order.
pub(crate) fn ids(sent: &[Value]) -> Vec<i64> {
    let mut ids: Vec<i64> = sent.iter().filter_map(|order| order["object_id"].as_i64()).collect();
    ids.sort_unstable();
    ids
}

/// Version `minute` of an order in a restaurant.
pub(crate) fn record(object_id: i64, minute: u8, user: &str, restaurant: &str, products: &[&str]) -> Record {
    let items: Vec<Value> = products
        .iter()
        .map(|id| json!({"id": id, "name": format!("Свежий {id}"), "price": 180, "quantity": 1}))
        .collect();
    let order = json!({
        "object_id": object_id, "object_type": "order", "sent_dttm": format!("2026-03-09 12:{minute:02}:44"),
        "payload": {
            "restaurant": {"id": restaurant}, "user": {"id": user}, "date": "2026-03-02 11:20:05",
            "order_items": items, "cost": 180, "payment": 180, "final_status": "CLOSED",
        },
    });
    Record {
        topic: "orders".into(),
        partition: 0,
        offset: 0,
        timestamp: None,
        key: None,
        value: Some(order.to_string().into_bytes()),
        headers: Vec::new(),
        unread: None,
    }
}

/// The current time, as in the commands.
pub(crate) fn now() -> UtcMicros {
    let micros = runtime::clock::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    UtcMicros::from_unix_micros(i64::try_from(micros).unwrap()).unwrap()
}
