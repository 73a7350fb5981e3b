//! elt-service as the shell runs it.

use std::sync::Arc;

use axum::Router;
use database::Migrations;
use health::Health;
use runtime::{App, CommandSettings, Context, ExitError, LogFile, Report, schema, until_available};

use crate::{
    commands::Commands,
    service::{
        check, metrics, page,
        scheduler::Scheduler,
        servers::Servers,
        service_health::ServiceHealth,
        settings::{LogFileSettings, Settings, TargetSettings},
        status::Board,
    },
    state::migrations::MIGRATIONS,
};

/// elt-service.
pub struct Elt {
    settings: Settings,
    servers: Servers,
    health: Arc<ServiceHealth>,
    board: Arc<Board>,
}

impl App for Elt {
    const NAME: &'static str = "elt-service";
    const ABOUT: &'static str =
        "Keeps tables of one PostgreSQL equal to the results of queries on another. Job files define both.";
    const MIGRATIONS: Option<&'static Migrations> = Some(&MIGRATIONS);
    type Settings = Settings;
    type Commands = Commands;

    fn arguments(command: clap::Command) -> clap::Command {
        Commands::add_run_arguments(command)
    }

    fn schema_database(settings: &CommandSettings) -> Result<database::Settings, ExitError> {
        settings.read::<TargetSettings>()?.connection()
    }

    fn log_file(settings: &CommandSettings) -> Result<Option<LogFile>, ExitError> {
        Ok(Some(settings.read::<LogFileSettings>()?.log_file()))
    }

    fn new(settings: Settings) -> Result<Self, ExitError> {
        let servers = settings.servers.connect_to()?;
        let board = Arc::new(Board::new(&servers));
        Ok(Self { settings, servers, health: Arc::default(), board })
    }

    fn describe_metrics() {
        metrics::describe();
    }

    fn register(&self, health: &Health) {
        health.register(Arc::clone(&self.health) as _);
    }

    fn routes(&self) -> Router {
        page::routes(Arc::clone(&self.board))
    }

    async fn check(&self, report: &mut Report) {
        check::check(&self.settings, &self.servers, report).await;
    }

    async fn run(self, context: Context) -> anyhow::Result<()> {
        let _armed = failpoint::arm();
        let Some(()) = context.stop.run_until_cancelled(self.wait_for_servers()).await.transpose()? else {
            return Ok(());
        };
        context.started();
        self.health.start();
        let Self { settings, servers, health, board } = self;
        Scheduler::new(settings, servers, health, board, &context).run().await
    }
}

impl Elt {
    /// Waits for both databases. Redis is a cache: nothing waits for it, but a refused login is told here.
    async fn wait_for_servers(&self) -> Result<(), ExitError> {
        let Servers { source, target, .. } = &self.servers;
        until_available(&*self.health, async || schema::require(target, &MIGRATIONS, Self::NAME).await).await?;
        until_available(&*self.health, async || Ok(database::connect(source).await.map(drop)?)).await?;
        self.servers.refuse_redis_login().await
    }
}
