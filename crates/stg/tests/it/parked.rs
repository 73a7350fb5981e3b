//! Parked orders in a person's hands: seen, released, refused.

use clap::{Args, FromArgMatches};
use pipeline::{Layer, Outcome, Record};
use serde_json::{Value, json};
use service::{Refusal, Service, Shared};
use stg::{
    Stg,
    parked::{List, Release},
};
use warehouse::Warehouse;
use workload::{load, source::Reference};

const USER: &str = "626a81ce9a8cd1920641e296";
const RESTAURANT: &str = "ef8c42c19b7518a9aebec106";

/// A database, a Redis that knows one user and one restaurant with an empty menu, and the layer between them.
struct Stage {
    database_url: String,
    warehouse: Warehouse,
    layer: Stg,
}

impl Stage {
    async fn set() -> anyhow::Result<Self> {
        let stack = devstack::shared().await?;
        let redis_url = stack.redis_url(stack.fresh_redis_database().await?);
        let objects = [
            (USER, json!({"_id": USER, "name": "Котова Ольга", "login": "kotova"})),
            (RESTAURANT, json!({"_id": RESTAURANT, "name": "Кофейня №1", "menu": []})),
        ];
        let objects = objects.map(|(id, json)| Ok(Reference { id: id.to_owned(), json: json.to_string() }));
        load::reference(&redis_url, objects).await?;

        let url = stack.create_database(&stack.fresh_name("stg_it").await?).await?;
        let settings = warehouse::Settings::from_url(&url, None, 2)?;
        warehouse::migrate(&settings).await?;
        let warehouse = Warehouse::new(&settings);

        let parser = <Stg as Service>::Settings::augment_args(clap::Command::new("stg"));
        let matches = parser.try_get_matches_from(["stg", &format!("--redis-url={redis_url}")])?;
        let settings = <Stg as Service>::Settings::from_arg_matches(&matches)?;
        let shared = Shared { warehouse: warehouse.clone(), load_src: String::new(), max_message_bytes: usize::MAX };
        Ok(Self { database_url: url, layer: Stg::layer(&settings, &shared).await?, warehouse })
    }

    /// The subcommand as a process: its exit code, and what it said.
    async fn run(&self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_stg-service"));
        let output = command.env_clear().env("DATABASE_URL", &self.database_url).args(arguments).output().await?;
        Ok((output.status.code(), String::from_utf8([output.stdout, output.stderr].concat())?))
    }

    /// Has an order of a dish on no menu parked.
    async fn park(&mut self, object_id: i64, user: &str) -> anyhow::Result<()> {
        let event = self.layer.receive(&order(object_id, user)).map_err(|outcome| anyhow::anyhow!("{outcome:?}"))?;
        let stored = self.layer.store(&[event]).await?;
        assert_eq!(stored.outcomes, [Outcome::Parked]);
        Ok(())
    }

    /// What one round of the service sends.
    async fn round(&mut self) -> anyhow::Result<Vec<Value>> {
        let backlog = self.layer.resume(100).await?;
        self.layer.settle().await?;
        Ok(backlog.messages.iter().map(|message| serde_json::from_slice(&message.value)).collect::<Result<_, _>>()?)
    }

    /// What `parked list` prints.
    async fn list(&self, json: bool) -> anyhow::Result<String> {
        let mut out = Vec::new();
        List { json, limit: None }.run(&self.warehouse, &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    /// What `parked release` prints, and how it ends.
    async fn release(&self, release: Release) -> anyhow::Result<(String, anyhow::Result<()>)> {
        let mut out = Vec::new();
        let end = release.run(&self.warehouse, &mut out).await;
        Ok((String::from_utf8(out)?, end))
    }
}

fn order(object_id: i64, user: &str) -> Record {
    let order = json!({
        "object_id": object_id, "object_type": "order", "sent_dttm": "2026-03-09 12:01:44",
        "payload": {
            "restaurant": {"id": RESTAURANT}, "user": {"id": user}, "date": "2026-03-02 11:20:05",
            "order_items": [{"id": "6276e8cd0cf48b4cded00878", "name": "Ролл с тофу", "price": 180, "quantity": 1}],
            "cost": 180, "payment": 180, "final_status": "CLOSED",
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
    }
}

fn named(orders: &[i64]) -> Release {
    Release { orders: orders.to_vec(), all: false }
}

#[tokio::test]
async fn an_order_that_waits_for_a_dish_goes_on_when_it_is_released() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    assert_eq!(stage.list(false).await?, "no order is parked\n");
    stage.park(1, USER).await?;
    assert_eq!(stage.round().await?, Vec::<Value>::new(), "it waits");
    let listed: Value = serde_json::from_str(&stage.list(true).await?)?;
    assert_eq!((&listed["object_id"], &listed["released"]), (&json!(1), &json!(false)));
    let dish = json!([{"kind": "dish", "id": "6276e8cd0cf48b4cded00878", "restaurant_id": RESTAURANT}]);
    assert_eq!(listed["waits_for"], dish);

    let (said, end) = stage.release(named(&[1])).await?;
    assert_eq!(said, "released 1; the service sends them in its next round\n");
    end?;
    let table = stage.list(false).await?;
    assert!(table.contains("released") && !table.contains("Ролл"), "{table}");

    let sent = stage.round().await?;
    let product = &sent[0]["payload"]["products"][0];
    assert_eq!((&product["name"], &product["category"]), (&json!("Ролл с тофу"), &json!("Без категории")));
    assert_eq!(stage.list(false).await?, "no order is parked\n");
    assert_eq!(stage.round().await?, Vec::<Value>::new(), "it is sent once");
    Ok(())
}

#[tokio::test]
async fn an_order_that_waits_for_a_user_is_refused() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.park(1, USER).await?;
    stage.park(2, "nobody").await?;
    let (said, end) = stage.release(named(&[1, 2, 9])).await?;
    let lines = [
        "order 2 stays parked: it waits for user nobody",
        "order 9 is not parked",
        "released 1; the service sends them in its next round",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), lines);
    assert_eq!(end.unwrap_err().downcast::<Refusal>()?, Refusal::Missing("2 of 3 orders not released".to_owned()));
    assert_eq!(stage.round().await?.len(), 1);
    let (_, end) = stage.release(named(&[2])).await?;
    assert!(end.is_err());
    assert_eq!(stage.round().await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn all_means_all_that_can_go_on() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    for object_id in 1..=3 {
        stage.park(object_id, USER).await?;
    }
    stage.park(4, "nobody").await?;
    let (said, end) = stage.release(Release { orders: Vec::new(), all: true }).await?;
    end?;
    assert!(said.ends_with("released 3; the service sends them in its next round\n"), "{said}");
    assert_eq!(stage.round().await?.len(), 3);
    let left: Value = serde_json::from_str(&stage.list(true).await?)?;
    assert_eq!(left["waits_for"], json!([{"kind": "user", "id": "nobody"}]));
    Ok(())
}

#[tokio::test]
async fn a_release_does_not_look_like_two_thousand_years_of_waiting() -> anyhow::Result<()> {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let mut stage = Stage::set().await?;
    stage.park(1, USER).await?;
    stage.release(named(&[1])).await?.1?;
    stage.layer.resume(0).await?; // which takes up nothing, and counts
    let page = recorder.handle().render();
    for line in ["tagmill_parked_orders 1", "tagmill_oldest_parked_order_seconds 0"] {
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
    Ok(())
}

#[tokio::test]
async fn the_process_needs_the_database_only_and_tells_by_its_exit_code() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.park(1, "nobody").await?;
    for (line, code, said) in [
        ("parked list", 0, "user nobody"),
        ("parked list --json", 0, r#""waits_for":[{"kind":"user","id":"nobody"}]"#),
        ("parked release --all", 0, "order 1 stays parked: it waits for user nobody\nreleased none\n"),
        ("parked release 1", 69, "\nstg-service: 1 of 1 orders not released\n"),
        ("parked release", 64, "stg-service: <ORDER_ID>... is missing; see --help\n"),
        ("parked release one", 64, "stg-service: ORDER_ID: invalid digit found in string\n"),
        ("dead-letters list", 64, "stg-service: KAFKA_BOOTSTRAP_SERVERS is not set; `--help` says what it means\n"),
        ("--help", 0, "\n  parked "),
    ] {
        let (ended, text) = stage.run(&line.split(' ').collect::<Vec<_>>()).await?;
        assert_eq!(ended, Some(code), "{line}: {text}");
        assert!(text.contains(said), "{line}: {text}");
    }
    Ok(())
}
