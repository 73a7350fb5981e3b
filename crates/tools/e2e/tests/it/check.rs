//! Tests of `check` with one defect at a time: one line names it and the remedy, and all other lines stay the same.

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack, Topic};
use harness::{Layer, Pipeline, Service};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;

const MISSING: i32 = 69;

/// Output of `check` by line, with the names of this run replaced.
struct Said(Vec<String>);

impl Said {
    async fn by(pipeline: &Pipeline, service: Service<'_>, code: i32) -> Result<Self> {
        let output = service.run(&["check"]).await?;
        let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.code() == Some(code), "{}\n{said}{complaints}", output.status);
        let name = pipeline.source(Layer::Stg).replace("-for-stg", "");
        Ok(Self(said.lines().map(|line| line.replace(&name, "NAME")).collect()))
    }

    /// Which lines are not `ok`.
    fn failed(&self) -> Vec<&str> {
        self.0.iter().filter(|line| !line.starts_with("ok ")).map(String::as_str).collect()
    }

    fn subjects(&self) -> Vec<&str> {
        self.0.iter().filter_map(|line| line.get(7..)?.split(": ").next()).collect()
    }
}

/// STG's service with one variable set otherwise.
async fn with(pipeline: &Pipeline, name: &str, value: &str) -> Result<Said> {
    let said = Said::by(pipeline, pipeline.service(Layer::Stg).env(name, value), MISSING).await?;
    println!("{name}={value}\n{}\n", said.0.join("\n"));
    Ok(said)
}

/// Asserts that exactly one line has failed, with this beginning and end, and that only lines that depend on it have
/// changed.
fn ensure_one(said: &Said, well: &Said, start: &str, end: &str, without: &[&str]) -> Result<()> {
    let failed = said.failed();
    let [line] = failed.as_slice() else { anyhow::bail!("not one complaint: {:#?}", said.0) };
    ensure!(line.starts_with(start) && line.ends_with(end), "`{line}` is not `{start}…{end}`");
    let subject = |line: &str| line.get(7..).and_then(|rest| rest.split(": ").next()).map(str::to_owned);
    let blamed = subject(line);
    let expected =
        well.0.iter().filter(|other| subject(other) != blamed && !without.iter().any(|word| other.contains(word)));
    let others: Vec<&String> = said.0.iter().filter(|other| other.as_str() != *line).collect();
    ensure!(expected.collect::<Vec<_>>() == others, "more has changed than {blamed:?}: {:#?}", said.0);
    Ok(())
}

#[tokio::test]
async fn check_names_each_single_defect() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let well = Said::by(&pipeline, pipeline.service(Layer::Stg), 0).await?;
    println!("all well\n{}\n", well.0.join("\n"));
    let subjects = well.subjects();
    for needed in ["settings", "kafka", "KAFKA_SOURCE_TOPIC", "KAFKA_DESTINATION_TOPIC", "database", "schema", "redis"]
    {
        ensure!(subjects.contains(&needed), "{needed} was not looked at: {subjects:?}");
    }

    let said = with(&pipeline, "KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1").await?;
    let advice = "; is it up? look at KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL";
    ensure_one(&said, &well, "FAILED kafka: ", advice, &["topic"])?;

    for variable in ["KAFKA_SOURCE_TOPIC", "KAFKA_DESTINATION_TOPIC", "KAFKA_DEAD_LETTER_TOPIC"] {
        let said = with(&pipeline, variable, "no-such-topic").await?;
        let start = format!("FAILED {variable}: topic no-such-topic does not exist; ");
        ensure_one(&said, &well, &start, "create it, or set KAFKA_CREATE_TOPICS=true", &[])?;
    }

    let endpoints = pipeline.endpoints();
    let small = endpoints.fresh_name("small").await?;
    endpoints.create_topics(&[Topic::data(&small, 1)]).await?;
    let said = with(&pipeline, "KAFKA_DEAD_LETTER_TOPIC", &small).await?;
    let start = format!(
        "FAILED KAFKA_DEAD_LETTER_TOPIC: topic {small}: max.message.bytes is 1048588: dead letters may need 1114124"
    );
    ensure_one(&said, &well, &start, "; change the topic's configuration", &[])?;

    let short = endpoints.fresh_name("short").await?;
    endpoints.create_topics(&[Topic::data(&short, 1)]).await?;
    alter(endpoints.bootstrap_servers(), &short).await?;
    let said = with(&pipeline, "KAFKA_DESTINATION_TOPIC", &short).await?;
    let start = format!("FAILED KAFKA_DESTINATION_TOPIC: topic {short}: retention.ms is 604800000: ");
    ensure_one(&said, &well, &start, "; change the topic's configuration", &[])?;

    let empty = endpoints.create_database(&endpoints.fresh_name("empty").await?).await?;
    let said = with(&pipeline, "DATABASE_URL", &empty).await?;
    ensure_one(
        &said,
        &well,
        "FAILED schema: DATABASE_URL: the schema lacks V1__stg, ",
        "; run `stg-service migrate`",
        &["rebuild", "database rights", "database transaction"],
    )?;

    let absent = endpoints.database_url("no_such_database");
    let said = with(&pipeline, "DATABASE_URL", &absent).await?;
    let start = "FAILED database: DATABASE_URL: 3D000 database \"no_such_database\" does not exist; ";
    ensure_one(
        &said,
        &well,
        start,
        "create the database, or look at its name in the URL",
        &["schema", "rebuild", "database rights", "database transaction"],
    )?;

    let said = with(&pipeline, "DATABASE_URL", "postgres://tagmill@127.0.0.1:1/tagmill").await?;
    ensure_one(
        &said,
        &well,
        "FAILED database: ",
        "; is it up? look at DATABASE_URL",
        &["schema", "rebuild", "database rights", "database transaction"],
    )?;

    let said = with(&pipeline, "REDIS_URL", "redis://127.0.0.1:1").await?;
    ensure_one(&said, &well, "FAILED redis: ", "; is it up? look at REDIS_URL", &[])?;
    Ok(())
}

/// A cluster answers every question about one key, and none about two: a service that starts there would park orders.
#[tokio::test]
async fn a_redis_cluster_is_rejected() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let well = Said::by(&pipeline, pipeline.service(Layer::Stg), 0).await?;
    for complete in [true, false] {
        let cluster = devstack::RedisCluster::start(complete).await?;
        let said = with(&pipeline, "REDIS_URL", &cluster.url()).await?;
        let start = "FAILED redis: REDIS_URL: this is a Redis Cluster, which is not supported (";
        let end = "; use a Redis server without cluster mode, which holds all names in one place";
        ensure_one(&said, &well, start, end, &[])?;
        let service = pipeline.service(Layer::Stg).env("REDIS_URL", cluster.url()).env("HTTP_ADDR", "127.0.0.1:0");
        let ended = service.run(&["run"]).await?;
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        ensure!(ended.status.code() == Some(MISSING), "{}\n{said}", ended.status);
        let line = said.lines().last().context("nothing was said")?;
        ensure!(line.starts_with("stg-service: REDIS_URL: this is a Redis Cluster"), "{line}");
    }
    Ok(())
}

/// The bootstrap address answers, and advertises an unreachable address.
#[tokio::test]
async fn an_advertised_address_that_does_not_resolve_is_named() -> Result<()> {
    let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await?;
    let proxies = stack.proxies().context("no proxies")?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?.via(&proxies.endpoints());
    let port = proxies.second_kafka_port();
    stack.kafka_advertises("broker.invalid", port)?;
    stack.kafka().stop().await?;
    stack.kafka().start().await?;
    let address = format!("broker 1 advertises the address broker.invalid:{port}: the name does not resolve");
    let said = Said::by(&pipeline, pipeline.service(Layer::Stg), MISSING).await?;
    let failed = said.failed();
    let [line] = failed.as_slice() else { anyhow::bail!("{:#?}", said.0) };
    ensure!(line.starts_with(&format!("FAILED kafka: {address}")), "{line}");

    let stg = pipeline.service(Layer::Stg).spawn()?;
    harness::until("/ready names the address", std::time::Duration::from_secs(120), async || {
        Ok(stg.get("/ready").await.is_ok_and(|(status, body)| status == 503 && body.contains(&address)))
    })
    .await?;
    harness::until("the log names the address", std::time::Duration::from_secs(60), async || {
        Ok(stg.log()?.contains(&address))
    })
    .await
}

/// A database with another encoding rejects some names, so the service does not start.
#[tokio::test]
async fn a_database_with_another_encoding_is_rejected() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let well = Said::by(&pipeline, pipeline.service(Layer::Stg), 0).await?;
    let endpoints = pipeline.endpoints();
    let latin = endpoints.fresh_name("latin").await?;
    let create = format!("CREATE DATABASE {latin} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    pipeline.database().await?.batch_execute(&create).await?;
    let url = endpoints.database_url(&latin);

    let said = with(&pipeline, "DATABASE_URL", &url).await?;
    let start = "FAILED database: DATABASE_URL: the database's encoding is LATIN1, not UTF8; ";
    ensure_one(
        &said,
        &well,
        start,
        "create the database with ENCODING 'UTF8'",
        &["schema", "rebuild", "database rights", "database transaction"],
    )?;
    for command in ["run", "migrate"] {
        let service = pipeline.service(Layer::Stg).env("DATABASE_URL", &url).env("HTTP_ADDR", "127.0.0.1:0");
        let output = service.run(&[command]).await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(MISSING), "{command}: {}\n{said}", output.status);
        let line = said.lines().last().context("nothing was said")?;
        ensure!(line.starts_with("stg-service: DATABASE_URL: the database's encoding is LATIN1"), "{line}");
    }
    Ok(())
}

/// A pooler is detected and reported; see `pooled.rs` for its other effects.
#[tokio::test]
async fn a_pooler_is_reported() -> Result<()> {
    let stack = Stack::start(Options { pooled: Some(2), ..Options::for_tests() }).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    let open = pipeline.database_url();
    let name = open.rsplit('/').next().and_then(|rest| rest.split('?').next()).context("no name")?;
    let url = stack.pooled_endpoints().context("no pooler")?.database_url(name);
    let said = Said::by(&pipeline, pipeline.service(Layer::Cdm).env("DATABASE_URL", url), 0).await?;
    let line = said.0.iter().find(|line| line.starts_with("ok     database: ")).context("no database")?;
    ensure!(line.ends_with(", through a pooler: unnamed statements"), "{line}");
    Ok(())
}

/// Has a topic keep its records for a week.
async fn alter(brokers: String, topic: &str) -> Result<()> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set("retention.ms", "604800000");
    for result in admin.alter_configs([&change], &AdminOptions::new()).await? {
        result.map_err(|(_, code)| anyhow::anyhow!("{topic}: {code}"))?;
    }
    Ok(())
}
