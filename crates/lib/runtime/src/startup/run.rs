//! `run`: gets ready what the loop needs, in the order in which it can be missing, and works until told to stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use consumer::{LoopHealth, Worker};
use database::Database;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::{
    ExitError, Service, Shared,
    admin::clock,
    admin::http::{self, Endpoints},
    admin::metrics,
    admin::signals,
    settings::Settings,
    startup::retry::until_available,
    startup::schema,
    startup::topics,
};

/// Works until a signal says stop; a stop while something is still waited for ends it as well. Signals are heard, and the
/// endpoints answered, by the runtime `watch`.
pub(crate) async fn run<S: Service>(settings: &Settings, own: &S::Settings, watch: &Handle) -> anyhow::Result<()> {
    let name = S::DESCRIPTION.name;
    let grace = settings.batch.shutdown_grace;
    let mut kafka = settings.kafka.connection(&settings.topics, name)?;
    kafka.leave_timeout = kafka.leave_timeout.min(grace / 4);
    let database = settings.database.connection(name)?;
    S::validate(own)?;
    let loop_health = Arc::new(LoopHealth::default());
    let endpoints =
        Endpoints { loop_health: Arc::clone(&loop_health), metrics: install_metrics(name, watch)?, clock: clock::now };
    // After the metrics, so that the counters of the routes exist from the start.
    let routes = S::routes(own, Database::new(&database));
    let stop = watch.spawn(start_admin(grace, settings.http.http_addr, routes, endpoints)).await??;

    let preparing = async {
        let shared = prepare(settings, &kafka, &database, &loop_health).await?;
        let processor = until_available(&loop_health, async || S::processor(own, &shared).await).await?;
        let publisher = until_available(&loop_health, async || {
            Ok(kafka::Publisher::connect(&shared.kafka)?.reporting_to(Arc::clone(&loop_health)))
        })
        .await?;
        // Joins the group, so it comes last: a member that does not read yet holds up the others.
        let source =
            until_available(&loop_health, async || Ok(kafka::Source::connect(&kafka, Arc::clone(&loop_health))?))
                .await?;
        Ok::<_, ExitError>((processor, publisher, source))
    };
    if let Some((processor, publisher, source)) = stop.run_until_cancelled(preparing).await.transpose()? {
        // Not earlier: whoever is refused says so in one line, and that is the last one.
        tracing::info!(version = env!("CARGO_PKG_VERSION"), http.address = %settings.http.http_addr, "started");
        let connections = settings.database.database_pool_size;
        let settings = consumer::Settings {
            batch_size: settings.batch.batch_size.get(),
            max_in_flight: settings.batch.batches_in_flight.min(connections).get(),
            schedule: settings.batch.schedule.clone(),
            background_interval: S::background_interval(own),
            // The rest of the grace period is for the last commit and for leaving the group.
            drain_timeout: grace / 2,
        };
        Worker {
            source,
            processor,
            publisher,
            settings,
            loop_health: Arc::clone(&loop_health),
            clock: clock::now,
            shutdown: stop.into(),
        }
        .run()
        .await?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Installs the metrics. The runtime `watch` maintains them.
fn install_metrics(name: &str, watch: &Handle) -> anyhow::Result<PrometheusHandle> {
    let _entered = watch.enter();
    Ok(metrics::install(name)?)
}

/// Handles signals and answers probes from here on.
async fn start_admin(
    grace: Duration,
    address: SocketAddr,
    routes: Router,
    endpoints: Endpoints,
) -> anyhow::Result<CancellationToken> {
    let stop = signals::shutdown_token(grace)?;
    http::serve(address, http::routes(endpoints).merge(routes)).await?;
    Ok(stop)
}

/// Waits for Kafka and the database, and makes sure that they hold what the service needs.
async fn prepare(
    settings: &Settings,
    kafka: &kafka::Settings,
    database: &database::Settings,
    loop_health: &LoopHealth,
) -> Result<Shared, ExitError> {
    let cluster = until_available(loop_health, async || Ok(kafka::Topics::connect(kafka)?)).await?;
    let limits = until_available(loop_health, async || topics::require(&cluster, &settings.topics).await).await?;
    // Its thread takes up to a tenth of a second to end, and nothing here waits for that.
    tokio::task::spawn_blocking(move || drop(cluster));
    until_available(loop_health, async || schema::require(database, &kafka.service).await).await?;
    Ok(Shared {
        database: Database::new(database),
        kafka: kafka::Settings { batch_bytes: limits.batch, ..kafka.clone() },
        load_src: settings.batch.load_src.clone(),
        max_message_bytes: limits.message,
    })
}
