//! segments-service as the shell runs it.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use database::{Database, Migrations, POSTGRES};
use futures_util::try_join;
use health::Health;
use runtime::{
    App, CommandSettings, Context, ExitError, Finding, LogCopy, Report, Start, check, schema, until_available,
};
use stream::{Service, StreamCommands};

use self::commands::Commands;
use crate::{
    api::{
        Api,
        auth::{Auth, Keys},
        slugs, v1, v2,
    },
    changes::{Changes, sweeper},
    metrics,
    migrations::MIGRATIONS,
    refresh::{Refresher, scheduler, settings::TagSegments},
    settings::{OwnSettings, Settings},
    subscribers::{self, Subscribers},
    swagger::{self, Title},
    tags::{self, TagRecords},
    user_actions::UserActions,
};

mod commands;

/// segments-service.
pub struct Segments {
    connection: database::Settings,
    api: Api,
    auth: Auth,
    refresher: Refresher,
    subscribers: Subscribers,
    has_tags: bool,
    title: Title,
    users: Option<stream::App<UserActions>>,
    tags: Option<stream::App<TagRecords>>,
    log_copy: Option<LogCopy>,
    start: Arc<Start>,
}

impl App for Segments {
    const NAME: &'static str = "segments-service";
    const ABOUT: &'static str = "Keeps named sets of users, called segments, with the history of their members.";
    const HEALTHY: &'static str = "";
    const MIGRATIONS: Option<&'static Migrations> = Some(&MIGRATIONS);
    type Settings = Settings;
    type Commands = StreamCommands<Commands>;

    fn arguments(command: clap::Command) -> clap::Command {
        Settings::complete(command)
    }

    fn log_copy(settings: &CommandSettings) -> Result<Option<LogCopy>, ExitError> {
        Ok(settings.read::<OwnSettings>()?.log_copy())
    }

    fn new(settings: Settings) -> Result<Self, ExitError> {
        let connection = settings.connection(Self::NAME)?;
        let database = Database::new(&connection);
        let changes = Changes::new(database.clone());
        let log_copy = settings.own.log_copy();
        let refresher = settings.refresh.refresher(database.clone())?;
        let syncs = Database::new(&connection.clone().of_size(subscribers::scheduler::AT_A_TIME));
        let subscribers = Subscribers::new(syncs, database.clone(), settings.targets(Self::NAME)?);
        let has_tags = settings.refresh.tag_segments == TagSegments::On;
        let (users, tags) = settings.loops();
        let OwnSettings { time_zone: zone, auth, dev_methods, public_url, report_link_ttl, drive, title, .. } =
            settings.own;
        let users = users.map(stream::App::new).transpose()?;
        let tags = tags.map(stream::App::new).transpose()?;
        let keys = Keys::new(database.clone(), auth);
        let api = Api {
            database,
            changes,
            refresher: refresher.clone(),
            subscribers: subscribers.clone(),
            zone,
            keys,
            dev_methods,
            public_url,
            report_link_ttl,
            drive: drive.open()?,
        };
        let start = Arc::new(Start::of(&[POSTGRES]));
        Ok(Self { connection, api, auth, title, refresher, subscribers, has_tags, users, tags, log_copy, start })
    }

    fn describe_metrics() {
        metrics::describe();
        stream::App::<UserActions>::describe_metrics();
    }

    fn register(&self, health: &Health) {
        health.register(Arc::clone(&self.start) as _);
        if let Some(users) = &self.users {
            users.register(health);
        }
        if let Some(tags) = &self.tags {
            tags.register(health);
        }
    }

    fn routes(&self) -> Router {
        let api = || self.api.clone();
        let routes = v1::routes(api()).merge(slugs::routes(api())).merge(v2::routes(api()));
        let routes = routes.merge(swagger::routes(&self.title));
        let routes = v1::fallbacks(routes).layer(middleware::from_fn(count));
        routes.layer(middleware::from_fn(http::with_request_id))
    }

    async fn check(&self, report: &mut Report) {
        if let Some(copy) = &self.log_copy {
            report.add([match copy.check() {
                Ok(()) => Finding::ok("LOGS_PATH", copy.path.display()),
                Err(error) => Finding::failed("LOGS_PATH", error),
            }]);
        }
        match (&self.users, &self.tags) {
            (Some(users), tags) => {
                users.check(report).await;
                if let Some(tags) = tags {
                    report.add(tags.check_source().await);
                }
            }
            (None, Some(tags)) => tags.check(report).await,
            (None, None) => report.add(check::database(&self.connection, &MIGRATIONS, Self::NAME).await),
        }
        // Without the schema there is nothing to report about it.
        if schema::require(&self.connection, &MIGRATIONS, Self::NAME).await.is_ok() {
            report.add(self.refresher.check().await);
        }
    }

    async fn run(self, context: Context) -> anyhow::Result<()> {
        let _armed = failpoint::arm();
        let require = async || schema::require(&self.connection, &MIGRATIONS, Self::NAME).await;
        let waiting = until_available(&*self.start, require);
        if context.stop.run_until_cancelled(waiting).await.transpose()?.is_none() {
            return Ok(());
        }
        let verify = async || self.refresher.verify().await;
        let waiting = until_available(&*self.start, verify);
        if context.stop.run_until_cancelled(waiting).await.transpose()?.is_none() {
            return Ok(());
        }
        self.start.finish();
        context.started();
        if self.auth == Auth::Off && !context.http_addr().ip().is_loopback() {
            tracing::warn!("AUTH is off: everybody who reaches HTTP_ADDR may change segments");
        }
        let changes = &self.api.changes;
        let sweeping = sweeper::run(changes, &context.stop);
        let refreshing = scheduler::run(&self.refresher, &context.stop);
        let syncing = subscribers::scheduler::run(&self.subscribers, &context.stop);
        let tagging = async { if self.has_tags { tags::run(changes, &context.stop).await } else { Ok(()) } };
        // On the heap, because they are the larger futures.
        let users = Box::pin(follow(self.users, context.clone()));
        let tagged = Box::pin(follow(self.tags, context.clone()));
        try_join!(sweeping, refreshing, syncing, tagging, users, tagged).map(|_| ())
    }
}

/// Counts a request by its answer.
async fn count(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    metrics::answered(&path, response.status().as_u16());
    response
}

/// Reads a topic, if there is one to read.
async fn follow<S: Service>(app: Option<stream::App<S>>, context: Context) -> anyhow::Result<()> {
    match app {
        Some(app) => app.run(context).await,
        None => Ok(()),
    }
}
