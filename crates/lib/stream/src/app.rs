//! The `App` of every service that reads a topic: checks topics and schema, and starts the loop.

use std::{marker::PhantomData, sync::Arc};

use axum::Router;
use consumer::{LoopHealth, Worker};
use database::{Database, Migrations};
use health::Health;
use runtime::{
    Context, ExitError, Finding, Report, check as shell_check, clock, schema, settings::MemoryBudget, until_available,
};

use crate::{
    Service, Settings, Shared, check, commands::StreamCommands, errors::startup_error, metrics, rebuild, topics,
};

/// The `App` of the service `S`.
pub struct App<S: Service> {
    settings: Settings<S::Settings>,
    kafka: kafka::Settings,
    memory: MemoryBudget,
    database: database::Settings,
    loop_health: Arc<LoopHealth>,
    service: PhantomData<S>,
}

impl<S: Service> runtime::App for App<S> {
    const NAME: &'static str = S::DESCRIPTION.name;
    const ABOUT: &'static str = S::DESCRIPTION.about;
    const MIGRATIONS: Option<&'static Migrations> = Some(S::MIGRATIONS);
    type Settings = Settings<S::Settings>;
    type Commands = StreamCommands<S::Commands>;

    fn arguments(command: clap::Command) -> clap::Command {
        S::DESCRIPTION.complete(command)
    }

    fn new(settings: Self::Settings) -> Result<Self, ExitError> {
        let kafka = settings.kafka.connection(&settings.topics, Self::NAME)?;
        let memory = settings.memory.budget();
        let kafka = kafka::Settings { fetch_bytes: memory.fetch, ..kafka };
        let database = settings.database.connection(Self::NAME)?;
        S::validate(&settings.own)?;
        let loop_health = Arc::new(LoopHealth::of(S::DEPENDENCIES).named(S::LOOP));
        Ok(Self { settings, kafka, memory, database, loop_health, service: PhantomData })
    }

    fn describe_metrics() {
        consumer::describe_metrics();
        kafka::describe_metrics();
        metrics::describe();
        S::describe_metrics();
    }

    fn register(&self, health: &Health) {
        health.register(Arc::clone(&self.loop_health) as _);
    }

    fn routes(&self) -> Router {
        S::routes(&self.settings.own, Database::new(&self.database))
    }

    async fn check(&self, report: &mut Report) {
        report.add(check::kafka(&self.kafka, &self.settings.topics).await);
        let findings = shell_check::database(&self.database, S::MIGRATIONS, Self::NAME).await;
        // Without a connection there is no finding about the schema.
        let is_current = findings.iter().any(|finding| finding.subject == "schema" && finding.verdict.is_ok());
        report.add(findings);
        if is_current {
            report.add([check::transaction(&Database::new(&self.database), Self::NAME).await]);
        }
        report.add(rebuild::report::findings(&self.database, Self::NAME).await);
        report.add(S::check(&self.settings.own).await);
    }

    async fn run(mut self, context: Context) -> anyhow::Result<()> {
        self.kafka.leave_timeout = self.kafka.leave_timeout.min(context.shutdown_grace / 4);
        let Some(prepared) = context.stop.run_until_cancelled(self.prepare()).await.transpose()? else {
            return Ok(());
        };
        context.started();
        let (processor, publisher, source) = prepared;
        let connections = self.settings.database.database_pool_size;
        let settings = consumer::Settings {
            batch_size: self.settings.batch.batch_size.get(),
            max_in_flight: self.settings.batch.batches_in_flight.min(connections).get(),
            schedule: self.settings.batch.schedule.clone(),
            background_interval: S::background_interval(&self.settings.own),
            // The rest of the grace period is for the last commit and for leaving the group.
            drain_timeout: context.shutdown_grace / 2,
        };
        let worker = Worker {
            source,
            processor,
            publisher,
            settings,
            loop_health: Arc::clone(&self.loop_health),
            clock: clock::now,
            shutdown: context.stop.into(),
        };
        Ok(Box::pin(worker.run()).await?)
    }
}

impl<S: Service> App<S> {
    /// The finding about the source topic, for a process with several loops. Empty: Kafka does not answer.
    pub async fn check_source(&self) -> Vec<Finding> {
        let findings = check::kafka(&self.kafka, &self.settings.topics).await;
        findings.into_iter().filter(|finding| finding.subject == self.settings.topics.source_setting).collect()
    }

    /// Prepares what the loop needs: topics and schema, the processor, the publisher, the source.
    async fn prepare(&self) -> Result<(S, kafka::Publisher, kafka::Source), ExitError> {
        let loop_health = &self.loop_health;
        let shared = self.shared().await?;
        let processor =
            until_available(&**loop_health, async || S::processor(&self.settings.own, &shared).await).await?;
        let publisher = until_available(&**loop_health, async || {
            let publisher = kafka::Publisher::connect(&shared.kafka).map_err(startup_error)?;
            Ok(publisher.reporting_to(Arc::clone(loop_health)))
        })
        .await?;
        // Last, because it joins the group: a member that does not read yet delays the others.
        let source = until_available(&**loop_health, async || {
            kafka::Source::connect(&self.kafka, Arc::clone(loop_health)).map_err(startup_error)
        })
        .await?;
        Ok((processor, publisher, source))
    }

    /// Waits for Kafka and the database, and checks the topics and the schema.
    async fn shared(&self) -> Result<Shared, ExitError> {
        let loop_health = &*self.loop_health;
        let cluster =
            until_available(loop_health, async || kafka::Topics::connect(&self.kafka).map_err(startup_error)).await?;
        let limits =
            until_available(loop_health, async || topics::require(&cluster, &self.settings.topics).await).await?;
        // In a thread, because dropping it takes up to a tenth of a second.
        tokio::task::spawn_blocking(move || drop(cluster));
        let name = S::DESCRIPTION.name;
        until_available(loop_health, async || schema::require(&self.database, S::MIGRATIONS, name).await).await?;
        Ok(Shared {
            database: Database::new(&self.database),
            kafka: kafka::Settings { batch_bytes: limits.batch, ..self.kafka.clone() },
            load_src: self.settings.batch.load_src.clone(),
            max_message_bytes: limits.message,
            memory: self.memory,
        })
    }
}
