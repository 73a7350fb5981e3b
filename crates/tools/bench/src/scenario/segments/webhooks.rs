//! The time from a tag in the order warehouse to the webhook, for users one after the other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack, Topic};
use harness::webhook::{Receiver, admin_key};
use harness::{Connection, Environment, Layer, Pipeline, Process, until};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::json;
use tokio::time::sleep;
use tokio_postgres::Client;
use uuid::Uuid;

use super::servers::{SERVICE, connect};
use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::settings::Settings;

const P50: Figure = Figure::new("segments_tag_to_webhook_p50_seconds", "tag to webhook, median, s", 2);
const P99: Figure = Figure::new("segments_tag_to_webhook_p99_seconds", "tag to webhook, p99, s", 2);

const TAG: &str = "Любитель пиццы";

/// Time between two tags. It shares no factor with the second in which changes are synced.
const PACE: Duration = Duration::from_millis(137);

/// Time limit for a webhook, and for the first member.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The order warehouse, segments-service, and a receiver.
struct Warehouse {
    database: Client,
    producer: FutureProducer,
    topic: String,
    service: Process,
    receiver: Receiver,
}

/// Measures it, on servers of its own.
pub(super) async fn webhooks(settings: &Settings, report: &mut Report) -> Result<()> {
    tell("segments: tags to a webhook");
    let stack = Stack::start(Options::default()).await?;
    let pipeline = Pipeline::start_plain_on(stack.endpoints(), 4).await?.quiet();
    let users = settings.tagged();
    let warehouse = Warehouse::prepare(&stack, &pipeline, users).await?;
    let times = warehouse.measure(users).await?;
    report.push(P50, at(&times, 50));
    report.push(P99, at(&times, 99));
    warehouse.service.stop().await
}

impl Warehouse {
    /// Starts the service. The first user has the tag, so that its segment exists, and the receiver is subscribed to it.
    async fn prepare(stack: &Stack, pipeline: &Pipeline, users: u64) -> Result<Self> {
        let (users_topic, dead_letters) = ("UserAction", "segments-service-dead-letters");
        let topics = [Topic::data(users_topic, 1), Topic::dead_letters(dead_letters, 1)];
        stack.endpoints().create_topics(&topics).await?;
        let topic = pipeline.destination(Layer::Cdm);
        let brokers = stack.endpoints().bootstrap_servers();
        let environment: Environment = [
            ("DATABASE_URL", pipeline.database_url()),
            ("KAFKA_BOOTSTRAP_SERVERS", brokers.clone()),
            ("KAFKA_TAG_TOPIC", topic.clone()),
            ("TAG_SEGMENTS", "on".to_owned()),
            ("WEBHOOK_PRIVATE", "allow".to_owned()),
            ("LOG_LEVEL", "warn".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        harness::migrate(SERVICE, &environment).await?;
        let database = connect(&pipeline.database_url()).await?;
        let fill = include_str!("../../../sql/segments/fill_warehouse.sql").replace("$USERS", &users.to_string());
        database.batch_execute(&fill).await?;
        let service = Process::spawn(SERVICE, &environment, stack.folder().join("webhooks.log"))?;
        service.ready().await?;
        let client = ClientConfig::new().set("bootstrap.servers", brokers).set("linger.ms", "0").create();
        let (producer, receiver) = (client.context("cannot create the producer")?, Receiver::start().await?);
        let warehouse = Self { database, producer, topic, service, receiver };
        warehouse.tag(0).await?;
        let segment = "SELECT EXISTS (SELECT FROM segments.segments WHERE name = $1)";
        let exists = async || Ok(warehouse.database.query_one(segment, &[&TAG]).await?.try_get(0)?);
        until("the tag is a segment", TIMEOUT, exists).await?;
        let mut connection = Connection::new(warehouse.service.address());
        warehouse.receiver.subscribe(&mut connection, &admin_key(&environment).await?, TAG).await?;
        until("the receiver has the first member", TIMEOUT, async || Ok(warehouse.receiver.applied() == 1)).await?;
        Ok(warehouse)
    }

    /// Tags one user after the other. Returns the times to their webhooks in seconds, in order.
    async fn measure(&self, users: u64) -> Result<Vec<f64>> {
        let mut sent = Vec::new();
        for number in 1..=users {
            let began = Instant::now();
            sent.push((self.tag(number).await?, began));
            sleep(PACE).await;
        }
        let mut times = Vec::new();
        for (user, began) in sent {
            times.push(self.receiver.until(user, "added", began, TIMEOUT).await?.as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        ensure!(self.receiver.forged() == 0, "signatures are wrong");
        Ok(times)
    }

    /// Assigns the tag as cdm-service does: a row, then a record. Returns the user.
    async fn tag(&self, number: u64) -> Result<Uuid> {
        let source_id = format!("u{number}");
        let statement = "INSERT INTO cdm.user_tags (user_id, rule_id, tag, assigned_at)
            SELECT user_id, 1000, $2, now() FROM cdm.users WHERE source_id = $1 RETURNING user_id";
        let user = self.database.query_one(statement, &[&source_id, &TAG]).await?.try_get(0)?;
        let record = json!({ "user_id": source_id }).to_string();
        let record = FutureRecord::to(&self.topic).key(&source_id).payload(&record);
        let sent = self.producer.send(record, TIMEOUT).await;
        sent.map_err(|(error, _)| error).context("Kafka does not take the record")?;
        Ok(user)
    }
}

/// The time that this share of the times, in percent, does not exceed.
fn at(times: &[f64], share: usize) -> f64 {
    times.get((times.len() * share).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}
