//! Tests of replayed dead letters: sent once, counted once, and recorded.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Process, Workload, until};
use serde_json::Value;

use crate::story::{Order, closed, workload};

const SOON: Duration = Duration::from_secs(30);

/// What each layer's database rejects at first: all rows of the user `poor`.
const REFUSED: [(Layer, &str, &str); 3] = [
    (Layer::Stg, "stg.order_events", "NEW.user_id = 'poor'"),
    (Layer::Dds, "dds.h_user", "NEW.user_id = 'poor'"),
    (Layer::Cdm, "cdm.users", "NEW.source_id = 'poor'"),
];

/// Five orders of a user whom a layer's database rejected, and two of another user; the cause is removed.
struct Fixture {
    pipeline: Pipeline,
    layer: Layer,
    orders: Workload,
    _services: Vec<Process>,
}

impl Fixture {
    async fn start((layer, table, refused): (Layer, &str, &str)) -> Result<Self> {
        let of = |user: &'static str, ids: [u64; 5]| ids.map(|id| closed(id, user, &["tea"]));
        let [first, last] = [closed(1, "rich", &["tea"]), closed(9, "rich", &["tea", "cake"])];
        let orders: Vec<Order<'_>> = [first].into_iter().chain(of("poor", [2, 3, 4, 5, 6])).chain([last]).collect();
        let orders = workload(&orders)?;
        let pipeline = Pipeline::start(1).await?;
        pipeline.name(&orders.reference).await?;
        let refuse = format!(
            "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN IF {refused} THEN RAISE EXCEPTION 'not you' USING ERRCODE = '22023'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION public.refuse()"
        );
        pipeline.sql(&refuse).await?;
        pipeline.load(&orders.events).await?;
        let services = pipeline.start_all().await?;
        pipeline.wait_idle().await?;
        pipeline.sql(&format!("DROP TRIGGER refuse ON {table}")).await?;
        let fixture = Self { pipeline, layer, orders, _services: services };
        let letters = fixture.pipeline.read(&fixture.pipeline.dead_letters(layer)).await?;
        // DDS sends all counters of a user in one message per batch.
        ensure!(!letters.is_empty() && letters.len() <= 5, "{} dead letters", letters.len());
        for letter in &letters {
            ensure!(letter.header("reason").as_deref() == Some("refused-by-database"), "{:?}", letter.header("error"));
            ensure!(letter.value.as_ref().is_some_and(|value| String::from_utf8_lossy(value).contains("poor")));
        }
        ensure!(fixture.pipeline.count("SELECT count(*) FROM cdm.users").await? == 1, "the user is there already");
        Ok(fixture)
    }

    async fn says(&self, arguments: &[&str]) -> Result<String> {
        let arguments: Vec<&str> = ["dead-letters"].into_iter().chain(arguments.iter().copied()).collect();
        let ended = self.pipeline.service(self.layer).run(&arguments).await?;
        ensure!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        Ok(String::from_utf8(ended.stdout)?)
    }

    /// Numbers of dead letters listed as sent back and as not sent back.
    async fn listed(&self) -> Result<(usize, usize)> {
        let lines = self.says(&["list", "--json"]).await?;
        let lines: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let done = lines.iter().filter(|line| line["replayed_at"].is_string()).count();
        let open = lines.iter().filter(|line| line.get("replayed_at") == Some(&Value::Null)).count();
        ensure!(done + open == lines.len(), "{lines:?}");
        Ok((done, open))
    }

    /// The records of the source topic.
    async fn source(&self) -> Result<i64> {
        Ok(self.pipeline.ends(&self.pipeline.source(self.layer)).await?.iter().sum())
    }

    async fn all_is_well(&self) -> Result<()> {
        self.pipeline.wait_idle().await?;
        self.pipeline.assert_marts(&self.orders.expected()).await?;
        self.pipeline.audit().await
    }
}

#[tokio::test]
async fn replayed_dead_letters_are_counted_once() -> Result<()> {
    for refused in REFUSED {
        let fixture = Fixture::start(refused).await?;
        let (letters, records) = (fixture.listed().await?.1, fixture.source().await?);
        let said = fixture.says(&["replay", "--dry-run"]).await?;
        ensure!(said.contains(&format!("would send back {letters} to ")), "{said}");
        ensure!(
            (fixture.source().await?, fixture.listed().await?) == (records, (0, letters)),
            "a dry run did something"
        );

        let said = fixture.says(&["replay", "--yes", "--reason", "refused-by-database"]).await?;
        ensure!(said.contains(&format!("sent back {letters} to ")), "{said}");
        fixture.all_is_well().await?;
        ensure!(fixture.listed().await? == (letters, 0), "{:?}", fixture.listed().await?);

        let records = fixture.source().await?;
        let said = fixture.says(&["replay", "--yes"]).await?;
        ensure!(said.ends_with(&format!("left out {letters}: sent back before\nnothing to send back\n")), "{said}");
        ensure!(fixture.source().await? == records, "a second replay sent something");
    }
    Ok(())
}

#[tokio::test]
async fn a_replay_killed_before_it_is_recorded_repeats_and_counts_nothing_twice() -> Result<()> {
    let fixture = Fixture::start(REFUSED[0]).await?;
    let records = fixture.source().await?;
    // Readers of the table may proceed; writers wait.
    let keeper = fixture.pipeline.database().await?;
    keeper
        .batch_execute("BEGIN; LOCK TABLE public.tagmill_replayed_dead_letters IN SHARE ROW EXCLUSIVE MODE")
        .await
        .context("the memory cannot be locked")?;
    let sent = until("the letters are sent", SOON, async || Ok(fixture.source().await? == records + 5));
    tokio::select! {
        ended = fixture.says(&["replay", "--yes"]) => anyhow::bail!("it has ended: {ended:?}"),
        sent = sent => sent?, // and with that the command is killed
    }
    keeper.batch_execute("ROLLBACK").await?;
    ensure!(fixture.listed().await? == (0, 5), "what was never remembered is known");

    fixture.says(&["replay", "--yes"]).await?;
    ensure!(fixture.source().await? == records + 10, "the second time sent something else");
    fixture.all_is_well().await?;
    ensure!(fixture.listed().await? == (5, 0), "{:?}", fixture.listed().await?);
    Ok(())
}
