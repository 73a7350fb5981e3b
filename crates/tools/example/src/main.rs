//! `visits-service`: counts the requests it gets. A complete service without Kafka, as an example of `runtime::App`.

use std::{convert::Infallible, process::ExitCode, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use consumer::Failure;
use database::{Database, Migrations, POSTGRES, Statement, get};
use health::Health;
use runtime::{App, Context, ExitError, Report, Start, check, schema, settings::DatabaseSettings, until_available};
use schedule::Schedule;

/// The table of visits has a history of migrations of its own.
static MIGRATIONS: Migrations =
    Migrations::new(embedded::migrations::runner, "public.visits_migrations", 7_224_647_960);

const INSERT_VISIT: Statement = Statement {
    name: "insert_visit",
    sql: "WITH visit AS (INSERT INTO public.visits DEFAULT VALUES) SELECT count(*) + 1 FROM public.visits",
};

const DELETE_OLD_VISITS: Statement =
    Statement { name: "delete_old_visits", sql: "DELETE FROM public.visits WHERE at < now() - interval '30 days'" };

/// What can be set beside the settings of every service.
#[derive(Debug, Clone, clap::Args)]
struct Settings {
    /// The database.
    #[command(flatten)]
    database: DatabaseSettings,

    /// When visits older than 30 days are deleted: an interval (`1h`) or a cron line in UTC.
    #[arg(long, env, value_name = "WHEN", default_value = "1h")]
    cleanup_schedule: Schedule,
}

struct Visits {
    settings: database::Settings,
    cleanup_schedule: Schedule,
    database: Database,
    start: Arc<Start>,
}

impl App for Visits {
    const NAME: &'static str = "visits-service";
    const ABOUT: &'static str = "Counts the requests it gets.";
    const MIGRATIONS: Option<&'static Migrations> = Some(&MIGRATIONS);
    type Settings = Settings;
    type Commands = Infallible;

    fn new(Settings { database, cleanup_schedule }: Settings) -> Result<Self, ExitError> {
        let settings = database.connection(Self::NAME)?;
        let (database, start) = (Database::new(&settings), Arc::new(Start::of(&[POSTGRES])));
        Ok(Self { settings, cleanup_schedule, database, start })
    }

    fn describe_metrics() {
        schedule::describe_metrics();
    }

    fn register(&self, health: &Health) {
        health.register(Arc::clone(&self.start) as _);
    }

    fn routes(&self) -> Router {
        Router::new().route("/visits", post(visit)).with_state(self.database.clone())
    }

    async fn check(&self, report: &mut Report) {
        report.add(check::database(&self.settings, &MIGRATIONS, Self::NAME).await);
    }

    async fn run(self, context: Context) -> anyhow::Result<()> {
        let require = async || schema::require(&self.settings, &MIGRATIONS, Self::NAME).await;
        let waiting = until_available(&*self.start, require);
        if context.stop.run_until_cancelled(waiting).await.transpose()?.is_none() {
            return Ok(());
        }
        self.start.finish();
        context.started();
        let cleanup = async || {
            let transaction = self.database.begin().await?;
            transaction.execute(&DELETE_OLD_VISITS, []).await?;
            transaction.commit().await
        };
        Ok(schedule::run_task("cleanup", &self.cleanup_schedule, &context.stop, cleanup).await?)
    }
}

/// Counts a visit and answers how many there have been.
async fn visit(State(database): State<Database>) -> Result<String, (StatusCode, String)> {
    let counting = async {
        let transaction = database.begin().await?;
        let rows = transaction.query(&INSERT_VISIT, []).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| get(row, 0))?;
        transaction.commit().await?;
        Ok::<_, Failure>(count)
    };
    let count = counting.await.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    Ok(count.to_string())
}

fn main() -> ExitCode {
    runtime::main::<Visits>()
}

mod embedded {
    //! What the macro makes of the files.
    refinery::embed_migrations!("migrations");
}
