//! Settings of segments-service.

use std::time::Duration;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use runtime::{
    ExitError, LogCopy,
    settings::{DatabaseSettings, period},
};
use stream::{Service as _, settings::TopicSettings};

use self::drive::DriveSettings;
use crate::{
    api::{auth::Auth, instant::Zone},
    refresh::settings::{RefreshSettings, TagSegments},
    subscribers::{
        settings::SubscriberSettings,
        targets::{Targets, kafka},
    },
    swagger::Title,
    tags::records::NoSettings,
    user_actions::{UserActions, UserServiceSettings},
};

pub use self::sources::Sources;

mod drive;
mod sources;

/// What can be set beside the settings of every service.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) database: DatabaseSettings,
    pub(crate) own: OwnSettings,
    pub(crate) refresh: RefreshSettings,
    pub(crate) subscribers: SubscriberSettings,
    /// Users from Kafka. `None`: `KAFKA_BOOTSTRAP_SERVERS` is not set, and there is no connection to Kafka.
    pub(crate) users: Option<stream::Settings<UserServiceSettings>>,
}

/// The settings that only this service has.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "This service")]
pub(crate) struct OwnSettings {
    /// Time zone of the dates of API v1 and of the months in reports, for example `Europe/Moscow`.
    #[arg(long, env = "TIME_ZONE", value_name = "ZONE", default_value = "UTC", value_parser = Zone::parse)]
    pub(crate) time_zone: Zone,

    /// Whether every request needs a key.
    ///
    /// With `off`, requests without a key may read, and may change users, segments and members. Requests about keys and subscribers, and
    /// changes of sources and of `refresh_params`, need the key of an admin in any case. `segments-service keys create` creates a key.
    #[arg(long, env = "AUTH", value_name = "AUTH", value_enum, default_value = "off")]
    pub(crate) auth: Auth,

    /// Whether the routes that create, change and remove users exist, such as `/segments/create-user`. For development.
    #[arg(long, env = "DEV_METHODS", value_name = "BOOL", default_value = "false", action = clap::ArgAction::Set)]
    pub(crate) dev_methods: bool,

    /// File to which the log is also written, for example `logs/logs.txt`. Unset: the log goes to standard error only.
    ///
    /// Lines are added at the end of the file. The file and its folder are created if they do not exist.
    #[arg(long, env = "LOGS_PATH", value_name = "PATH", help_heading = "Log")]
    pub(crate) logs_path: Option<String>,

    /// Address at which clients reach this service. Links to reports begin with this address.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", default_value = "http://localhost:8080")]
    pub(crate) public_url: String,

    /// Time for which a link to a report is valid.
    #[arg(long, env = "REPORT_LINK_TTL", value_name = "DURATION", value_parser = period, default_value = "4h")]
    pub(crate) report_link_ttl: Duration,

    #[command(flatten)]
    pub(crate) drive: DriveSettings,

    #[command(flatten)]
    pub(crate) title: Title,
}

/// The settings of the loops that read users and tags.
type Loops = (Option<stream::Settings<UserServiceSettings>>, Option<stream::Settings<NoSettings>>);

/// Maximum time for which a request waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(2);

impl OwnSettings {
    /// The copy of the log.
    pub(crate) fn log_copy(&self) -> Option<LogCopy> {
        self.logs_path.as_ref().map(|path| LogCopy { setting: "LOGS_PATH", path: path.into() })
    }
}

impl Settings {
    /// The database, for clients that wait.
    pub(crate) fn connection(&self, service: &str) -> Result<database::Settings, ExitError> {
        Ok(self.database.connection(service)?.waiting(CONNECTION_WAIT))
    }

    /// The targets of subscriptions.
    pub(crate) fn targets(&self, service: &str) -> Result<Targets, ExitError> {
        let targets = Targets::new(&self.subscribers)?;
        let Some(users) = &self.users else { return Ok(targets) };
        let connection = users.kafka.connection(&users.topics, service)?;
        let topics = &users.topics;
        let own = [&topics.kafka_source_topic, &topics.kafka_dead_letter_topic, &self.refresh.kafka_tag_topic];
        Ok(targets.with_kafka(kafka::Sender::new(connection, own.map(Clone::clone).to_vec())))
    }

    /// The settings of the loops that read Kafka: users, and tags. With TAG_SEGMENTS=on the user service may be missing.
    pub(crate) fn loops(&self) -> Loops {
        let tags = self.users.as_ref().filter(|_| self.refresh.tag_segments == TagSegments::On);
        let tags = tags.map(|users| stream::Settings {
            kafka: users.kafka.clone(),
            topics: TopicSettings {
                kafka_group_id: format!("{}-tags", users.topics.kafka_group_id),
                kafka_source_topic: self.refresh.kafka_tag_topic.clone(),
                source_setting: "KAFKA_TAG_TOPIC",
                ..users.topics.clone()
            },
            database: users.database.clone(),
            batch: users.batch.clone(),
            own: NoSettings {},
            memory: users.memory.clone(),
        });
        let users = self.users.clone().map(|mut users| {
            users.topics.source_setting = "KAFKA_USER_TOPIC";
            users
        });
        let users = users.filter(|users| tags.is_none() || users.own.user_service_url.is_some());
        (users, tags)
    }

    /// Sets the defaults that differ from those of other services.
    pub(crate) fn complete(command: Command) -> Command {
        command
            .mut_arg("http_addr", |argument| argument.default_value("0.0.0.0:8080"))
            .mut_arg("database_pool_size", |argument| argument.default_value("20"))
    }
}

/// The settings of a service that reads a topic, none of which is required.
impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let command = <stream::Settings<UserServiceSettings> as Args>::augment_args(command);
        let command = UserActions::DESCRIPTION.complete(command);
        let command = command
            .mut_arg("kafka_bootstrap_servers", |servers| {
                let help = "Addresses of brokers, `host:port`, separated by commas. Unset: Kafka is not used";
                servers.required(false).help(help)
            })
            .mut_arg("kafka_source_topic", |topic| {
                let help = "Topic whose records name the users whose state may have changed";
                topic.long("kafka-user-topic").env("KAFKA_USER_TOPIC").help(help)
            })
            .mut_arg("schedule", |schedule| schedule.default_value("continuous").hide(true))
            .mut_arg("load_src", |load_src| load_src.hide(true));
        SubscriberSettings::augment_args(RefreshSettings::augment_args(OwnSettings::augment_args(command)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let has_kafka = matches.contains_id("kafka_bootstrap_servers");
        let users = has_kafka.then(|| FromArgMatches::from_arg_matches(matches)).transpose()?;
        Ok(Self {
            database: DatabaseSettings::from_arg_matches(matches)?,
            own: OwnSettings::from_arg_matches(matches)?,
            refresh: RefreshSettings::from_arg_matches(matches)?,
            subscribers: SubscriberSettings::from_arg_matches(matches)?,
            users,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
