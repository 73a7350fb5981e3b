//! Tests of the roles of the services, which own no table: each has exactly the rights that its service and commands
//! need.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Service, Workload, until};
use tokio::process::Command;

use crate::story::{Order, closed, restaurant, user};

mod settings;
mod check;
mod segments;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/roles/create_service_roles.sql");

const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// A server with the roles of the services and an owner without superuser rights, which has run the migrations.
struct Fixture {
    pipeline: Pipeline,
    stack: Stack,
    database: String,
}

impl Fixture {
    async fn start(partitions: i32) -> Result<Self> {
        let stack = Stack::start(Options::for_tests()).await?;
        let pipeline = Pipeline::start_plain_on(stack.endpoints(), partitions).await?;
        let database = pipeline.sql("SELECT current_database()").await?.concat();
        pipeline.administer(&format!("DROP DATABASE {database} WITH (FORCE)")).await?;
        pipeline.administer(&format!("CREATE DATABASE {database}")).await?;
        let fixture = Self { pipeline, stack, database };
        for _ in 0..2 {
            script(&fixture.pipeline.database_url(), "tagmill_owner").await?;
        }
        fixture.migrate().await?;
        Ok(fixture)
    }

    fn url(&self, role: &str) -> String {
        self.stack.endpoints().database_url_as(role, &self.database)
    }

    async fn migrate(&self) -> Result<()> {
        let owner = self.pipeline.service(Layer::Stg).env("DATABASE_URL", self.url("tagmill_owner"));
        succeeds(owner, &["migrate"]).await.map(drop)
    }

    /// The service of a layer, as its own role.
    fn service(&self, layer: Layer) -> Service<'_> {
        let role = format!("tagmill_{}", layer.stem());
        let service = self.pipeline.service(layer).env("DATABASE_URL", self.url(&role));
        if layer == Layer::Cdm { service.env("SUMMARY_REFRESH", "100ms") } else { service }
    }

    async fn start_all(&self) -> Result<[Process; 3]> {
        let [stg, dds, cdm] = Layer::ALL;
        Ok([self.service(stg).start().await?, self.service(dds).start().await?, self.service(cdm).start().await?])
    }

    /// Runs a command of a service as its role, and returns its output.
    async fn says(&self, layer: Layer, arguments: &[&str]) -> Result<String> {
        succeeds(self.service(layer), arguments).await
    }

    async fn is_right(&self, week: &Workload) -> Result<()> {
        self.pipeline.wait_idle().await?;
        self.pipeline.summarized().await?;
        self.pipeline.audit().await?;
        self.pipeline.assert_marts(&week.expected()).await
    }

    /// Stops a service, has its layer rebuilt, starts it again.
    async fn rebuild(&self, layer: Layer, process: Process) -> Result<Process> {
        process.stop().await?;
        self.says(layer, &["rebuild", "--yes"]).await?;
        let process = self.service(layer).start().await?;
        let over = async || Ok(self.pipeline.count("SELECT count(*) FROM public.tagmill_rebuilds").await? == 0);
        until("the rebuild is complete", WAIT_TIMEOUT, over).await?;
        Ok(process)
    }
}

/// Runs the script as the superuser of the server; the owner need not be there before.
pub(crate) async fn script(url: &str, owner: &str) -> Result<()> {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-f", SCRIPT]);
    for (name, value) in [
        ("owner", owner),
        ("owner_password", "it's the owner's"),
        ("stg_password", "it's stg's"),
        ("dds_password", "it's dds's"),
        ("cdm_password", "it's cdm's"),
    ] {
        psql.args(["-v", &format!("{name}={value}")]);
    }
    let output = psql.arg(url).output().await.context("psql")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn succeeds(service: Service<'_>, arguments: &[&str]) -> Result<String> {
    let output = service.run(arguments).await?;
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{arguments:?}: {}\n{said}{complaints}", output.status);
    Ok(said.into_owned())
}

/// Runs a week of orders, tags, the API, rules, parked orders, dead letters and both rebuilds. No right is missing.
#[tokio::test]
async fn each_service_does_everything_as_its_own_role() -> Result<()> {
    let fixture = Fixture::start(2).await?;
    let pipeline = &fixture.pipeline;
    for layer in Layer::ALL {
        let said = fixture.says(layer, &["check"]).await?;
        ensure!(said.contains("ok     database rights\n"), "{said}");
    }
    let week = Workload::dirty(151, 400);
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let [stg, dds, cdm] = fixture.start_all().await?;
    fixture.is_right(&week).await?;

    for path in ["/api/v1/rules", "/api/v1/tags", "/dashboard"] {
        let (status, body) = cdm.get(path).await?;
        ensure!(status == 200, "{path}: {status} {body}");
    }
    let added =
        fixture.says(Layer::Cdm, &["rules", "add", "--category", "Супы", "--threshold", "1", "--tag", "Суп"]).await?;
    let id = added.strip_prefix("rule ").and_then(|rest| rest.split_once(':')).context("no id")?.0.to_owned();
    for arguments in
        [&["set", &id, "--threshold", "2"][..], &["preview", &id, "--remove"], &["list"], &["remove", &id, "--yes"]]
    {
        fixture.says(Layer::Cdm, &[&["rules"], arguments].concat()).await?;
        until("the rules are applied", WAIT_TIMEOUT, async || Ok(pipeline.untagged().await? == 0)).await?;
    }

    let dds = fixture.rebuild(Layer::Dds, dds).await?;
    let cdm = fixture.rebuild(Layer::Cdm, cdm).await?;
    fixture.is_right(&week).await?;
    parked_and_dead(&fixture).await?;
    for process in [stg, dds, cdm] {
        process.stop().await?;
    }
    let logs: String = pipeline.logs()?.into_values().collect();
    for line in logs.lines() {
        ensure!(!line.contains("permission denied") && !line.contains("42501"), "{line}");
    }
    Ok(())
}

/// Orders without names are listed and released; an order that the database refused is listed and sent back.
async fn parked_and_dead(fixture: &Fixture) -> Result<()> {
    let pipeline = &fixture.pipeline;
    let topic = pipeline.source(Layer::Stg);
    let refuse = "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF NEW.user_id = 'poor' THEN RAISE 'no' USING ERRCODE = '22023'; END IF; RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON stg.order_events FOR EACH ROW EXECUTE FUNCTION public.refuse()";
    pipeline.sql(refuse).await?;
    pipeline.name(&[user("u")?, user("poor")?, restaurant(&["tea"])?]).await?;
    let parked = pipeline.parked().await?;
    let orders = [closed(1, "u", &["cake"]), closed(2, "poor", &["tea"])];
    pipeline.produce(&topic, orders.iter().map(Order::record)).await?;
    pipeline.wait_idle().await?;
    until("the order is parked", WAIT_TIMEOUT, async || Ok(pipeline.parked().await? == parked + 1)).await?;
    ensure!(fixture.says(Layer::Stg, &["parked", "list"]).await?.contains("cake"), "not listed");
    fixture.says(Layer::Stg, &["parked", "release", "1", "--yes"]).await?;
    until("the order is released", WAIT_TIMEOUT, async || Ok(pipeline.parked().await? == parked)).await?;

    pipeline.sql("DROP TRIGGER refuse ON stg.order_events").await?;
    ensure!(fixture.says(Layer::Stg, &["dead-letters", "list"]).await?.contains("refused-by-database"), "not listed");
    let replay = ["dead-letters", "replay", "--yes", "--reason", "refused-by-database"];
    fixture.says(Layer::Stg, &replay).await?;
    let stored = "SELECT count(*) FROM stg.order_events WHERE object_id = 2";
    until("the order is stored", WAIT_TIMEOUT, async || Ok(pipeline.count(stored).await? == 1)).await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await
}

/// Statements on another layer, and statements that only an owner may run.
#[tokio::test]
async fn no_role_has_more_rights_than_needed() -> Result<()> {
    let fixture = Fixture::start(1).await?;
    let forbidden = [
        ("stg", "SELECT FROM dds.h_user"),
        ("stg", "SELECT FROM cdm.users"),
        ("stg", "TRUNCATE stg.order_events CASCADE"),
        ("stg", "DELETE FROM public.tagmill_rebuilds"),
        ("dds", "SELECT FROM stg.order_events"),
        ("dds", "SELECT FROM cdm.users"),
        ("dds", "DELETE FROM dds.h_user"),
        ("dds", "SELECT FROM cdm_summary.order_hours"),
        ("dds", "SELECT nextval('public.tagmill_vault_edition')"),
        ("cdm", "SELECT FROM stg.order_events"),
        ("cdm", "INSERT INTO dds.h_user SELECT FROM dds.h_user"),
        ("cdm", "TRUNCATE cdm.users"),
        ("cdm", "DROP TABLE cdm.users"),
    ];
    let every = ["CREATE TABLE public.mine ()", "CREATE SCHEMA mine", "DELETE FROM public.tagmill_migrations"];
    let every = Layer::ALL.into_iter().flat_map(|layer| every.map(|statement| (layer.stem(), statement)));
    for (layer, statement) in forbidden.into_iter().chain(every) {
        let url = fixture.url(&format!("tagmill_{layer}"));
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let error = client.batch_execute(statement).await.err().with_context(|| format!("{layer} may: {statement}"))?;
        ensure!(error.code().is_some_and(|code| code.code() == "42501"), "{layer}: {statement}: {error:?}");
    }
    Ok(())
}
