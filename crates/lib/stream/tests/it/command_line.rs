//! Tests of settings: parsing, files, and errors, by table.

use std::{collections::HashMap, ffi::OsString, io::Write, time::Duration};

use clap::{Args, Subcommand};
use runtime::{
    CommandSettings, Commands, ExitError,
    cli::{Command, ParseEnd, Program, command},
    settings::{DatabaseSettings, Secret},
};
use serde_json::Value;
use stream::{Description, StreamCommands};

const STG: Description = Description {
    name: "stg-service",
    about: "Stores orders.",
    source_topic: "orders",
    destination_topic: Some("enriched"),
    dead_letter_topic: "stg-dead-letters",
};

const PROGRAM: Program =
    Program { name: STG.name, about: STG.about, migrations: None, complete: |command| STG.complete(command) };

mod usage;

type Settings = stream::Settings<Own>;

/// The settings that only the service under test has.
#[derive(Debug, Clone, Args)]
struct Own {
    #[arg(long, env)]
    redis_url: Secret,
}

/// The subcommands that only the service under test has.
#[derive(Debug, Subcommand)]
enum OwnCommands {
    /// Turns it all round.
    Revolve {
        /// How often.
        #[arg(value_parser = runtime::settings::whole_number::<u8>("a number of times", 1..))]
        times: u8,
    },
}

impl Commands for OwnCommands {
    async fn act(self, _: &CommandSettings, _: &mut impl Write) -> anyhow::Result<()> {
        Ok(())
    }
}

type AllCommands = StreamCommands<OwnCommands>;

type Cli = runtime::cli::Cli<AllCommands>;

type Variables = HashMap<&'static str, &'static str>;

const COMPLETE: [(&str, &str); 3] =
    [("KAFKA_BOOTSTRAP_SERVERS", "k:9092"), ("DATABASE_URL", "postgres://u:hunter2@h/d"), ("REDIS_URL", "redis://r")];

fn parse(line: &[&str], variables: &Variables) -> Result<Cli, ParseEnd> {
    let line = ["stg-service"].iter().chain(line).map(OsString::from);
    Cli::parse::<Settings>(&PROGRAM, line, |name| variables.get(name).map(OsString::from))
}

fn settings(variables: &Variables) -> Result<Settings, ExitError> {
    match parse(&[], variables) {
        Ok(Cli { settings, .. }) => settings.read(),
        Err(ParseEnd::Invalid(exit_error)) => Err(exit_error),
        Err(ParseEnd::Help(answer)) => Err(ExitError::Unavailable(answer.to_string())),
    }
}

/// The error for complete settings with some changed.
fn exit_error(changes: &[(&'static str, &'static str)]) -> String {
    let variables = COMPLETE.iter().chain(changes).copied().collect();
    let exit_error = settings(&variables).unwrap_err();
    assert_eq!(exit_error.code(), 64);
    let line = exit_error.to_string();
    assert!(!line.contains('\n') && !line.contains("hunter2"), "{line}");
    line
}

#[test]
fn defaults_follow_from_the_name_of_the_service() {
    let settings = settings(&COMPLETE.into()).unwrap();
    assert_eq!(settings.topics.kafka_group_id, "stg-service");
    assert_eq!(settings.topics.kafka_source_topic, "orders");
    assert_eq!(settings.topics.kafka_destination_topic.as_deref(), Some("enriched"));
    assert_eq!(settings.topics.kafka_dead_letter_topic, "stg-dead-letters");
    assert_eq!(settings.batch.batch_size.get(), 100);
    assert_eq!(settings.batch.schedule, schedule::Schedule::Every(Duration::from_secs(25)));
}

#[test]
fn a_missing_setting_is_named() {
    for (name, _) in COMPLETE {
        assert_eq!(exit_error(&[(name, "")]), format!("{name} is not set; see `--help`"));
    }
}

#[test]
fn a_malformed_setting_is_named() {
    for (name, value, said) in [
        ("BATCH_SIZE", "0", "BATCH_SIZE: `0` is not a number of records; write a whole number from 1"),
        ("BATCH_SIZE", "many", "BATCH_SIZE: `many` is not a number of records; write a whole number from 1"),
        ("SCHEDULE", "often", "SCHEDULE: `often` is neither"),
        ("SHUTDOWN_GRACE", "30", "SHUTDOWN_GRACE: `30` is not a duration; write it like `10s` or `24h`"),
        ("SHUTDOWN_GRACE", "0s", "SHUTDOWN_GRACE: `0s` is too short"),
        ("SCHEDULE", "0s", "SCHEDULE: `0s` is neither"),
        ("KAFKA_SESSION_TIMEOUT", "0s", "KAFKA_SESSION_TIMEOUT: `0s` is too short"),
        (
            "KAFKA_TOPIC_PARTITIONS",
            "70000",
            "KAFKA_TOPIC_PARTITIONS: `70000` is not a number of partitions; write a whole",
        ),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be one of json, text"),
        ("HTTP_ADDR", "5000", "HTTP_ADDR: `5000` is not an IP address with a port; write it like `0.0.0.0:5000`"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS", "KAFKA_SECURITY_PROTOCOL must be one of PLAINTEXT, SSL,"),
        ("KAFKA_CREATE_TOPICS", "perhaps", "KAFKA_CREATE_TOPICS must be one of true, false"),
        (
            "RUST_LOG",
            "service=loudly",
            "RUST_LOG: `service=loudly` is not a filter of the log; write it like `info` or",
        ),
        ("KAFKA_SOURCE_TOPIC", "or ders", "KAFKA_SOURCE_TOPIC: ' ' is not allowed in a topic's name"),
        ("KAFKA_DESTINATION_TOPIC", "заказы", "KAFKA_DESTINATION_TOPIC: 'з' is not allowed in a topic's name"),
        ("KAFKA_DEAD_LETTER_TOPIC", "..", "KAFKA_DEAD_LETTER_TOPIC: `..` is not allowed as a topic's name"),
        ("KAFKA_BOOTSTRAP_SERVERS", "k:9092;l:9092", "KAFKA_BOOTSTRAP_SERVERS: `k:9092;l:9092` is not `host:port`"),
    ] {
        let line = exit_error(&[(name, value)]);
        assert!(line.starts_with(said), "{name}={value}: {line}");
    }
}

#[test]
fn a_value_is_read_from_a_file() {
    let file = std::env::temp_dir().join(format!("service-cli-{}", std::process::id()));
    std::fs::write(&file, "postgres://from-a-file\n").unwrap();
    let path = file.to_str().unwrap().to_owned();
    let read = |name: &str| match name {
        "DATABASE_URL_FILE" => Some(OsString::from(&path)),
        _ => None,
    };
    let cli = Cli::parse::<Settings>(&PROGRAM, ["stg-service".into(), "migrate".into()], read).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(cli.command, Command::Migrate));
    assert_eq!(cli.settings.read::<DatabaseSettings>().unwrap().database_url.expose(), "postgres://from-a-file");
}

/// Texts that no setting can have, each with its error. A file may have a newline at its end.
const UNUSABLE: [(&str, &str); 6] = [
    ("hunter2 ", "begins or ends with white space"),
    ("\thunter2", "begins or ends with white space"),
    ("hunter2\n\n", "begins or ends with white space"),
    ("hunter2\nhunter3", "has several lines"),
    ("\u{feff}hunter2", "begins with a byte order mark"),
    ("hunter\u{1b}2", "has a control character"),
];

/// Every setting of the service, by its variable.
fn variables() -> Vec<&'static str> {
    let command = command::<Settings, AllCommands>(&PROGRAM);
    let names = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    names.map(|name| &*name.leak()).collect()
}

#[test]
fn the_value_of_every_setting_is_one_trimmed_line() {
    let settings = variables();
    assert!(settings.len() > 20, "{settings:?}");
    for name in settings {
        for (text, said) in UNUSABLE {
            assert_eq!(exit_error(&[(name, text)]), format!("{name} {said}"), "{text:?}");
        }
    }
}

#[test]
fn a_flag_follows_the_rule_of_its_variable() {
    for (text, said) in UNUSABLE.into_iter().chain([("", "is empty")]) {
        let flag = format!("--kafka-group-id={text}");
        let Err(ParseEnd::Invalid(exit_error)) = parse(&[&flag], &COMPLETE.into()) else {
            panic!("{text:?} was accepted")
        };
        assert_eq!(exit_error, ExitError::Config(format!("KAFKA_GROUP_ID {said}")));
    }
}

#[test]
fn the_file_of_every_setting_contains_one_line() {
    let file = std::env::temp_dir().join(format!("service-cli-lines-{}", std::process::id()));
    let path = file.to_str().unwrap().to_owned();
    let bytes = UNUSABLE.map(|(text, said)| (text.as_bytes(), said));
    let of_files: [(&[u8], &str); 6] = [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\r\n", "is empty"),
        (b"hunter2\r\nhunter3\r\n", "has several lines"),
        (b"hunter2 \n", "begins or ends with white space"),
        (b"hunter\xff2", "the file is not UTF-8"),
    ];
    for name in variables() {
        let variable = format!("{name}_FILE");
        let read = |asked: &str| match asked {
            _ if asked == variable => Some(OsString::from(&path)),
            _ => COMPLETE.into_iter().find(|(set, _)| *set == asked && asked != name).map(|(_, value)| value.into()),
        };
        for (text, said) in bytes.iter().chain(&of_files) {
            std::fs::write(&file, text).unwrap();
            let Err(ParseEnd::Invalid(exit_error)) = Cli::parse::<Settings>(&PROGRAM, ["stg-service".into()], read)
            else {
                panic!("{variable} of {text:?} was accepted")
            };
            assert_eq!(exit_error.code(), 64);
            let line = exit_error.to_string();
            assert!(line.starts_with(&variable) && line.ends_with(said) && !line.contains("hunter"), "{line}");
        }
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_line_break_at_the_end_of_a_settings_file_is_ignored() {
    let file = std::env::temp_dir().join(format!("service-cli-ends-{}", std::process::id()));
    let read = |name: &str| (name == "REDIS_URL_FILE").then(|| file.clone().into_os_string());
    for text in ["redis://r", "redis://r\n", "redis://r\r\n"] {
        std::fs::write(&file, text).unwrap();
        let cli = Cli::parse::<Settings>(&PROGRAM, ["stg-service".into()], read).unwrap();
        assert_eq!(cli.settings.read::<Own>().unwrap().redis_url.expose(), "redis://r", "{text:?}");
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn the_source_topic_cannot_be_the_destination_or_dead_letter_topic() {
    for name in ["KAFKA_DESTINATION_TOPIC", "KAFKA_DEAD_LETTER_TOPIC"] {
        let variables = COMPLETE.into_iter().chain([(name, "orders")]).collect();
        let settings = settings(&variables).unwrap();
        let refused = settings.kafka.connection(&settings.topics, "stg-service").unwrap_err();
        assert_eq!(refused, ExitError::Config(format!("{name} is the same topic as KAFKA_SOURCE_TOPIC")));
    }
}

#[test]
fn blanks_between_addresses_are_ignored() {
    let variables = COMPLETE.into_iter().chain([("KAFKA_BOOTSTRAP_SERVERS", "k:9092, l:9092")]).collect();
    assert_eq!(settings(&variables).unwrap().kafka.kafka_bootstrap_servers, "k:9092,l:9092");
}

#[test]
fn a_setting_with_a_file_has_no_other_source() {
    let both = exit_error(&[("DATABASE_URL_FILE", "/run/url")]);
    assert_eq!(both, "DATABASE_URL and DATABASE_URL_FILE are both set; unset one of them");
    let gone = exit_error(&[("KAFKA_SASL_PASSWORD_FILE", "/nowhere/password")]);
    assert!(gone.starts_with("KAFKA_SASL_PASSWORD_FILE cannot be read: /nowhere/password: "), "{gone}");
}

#[test]
fn an_argument_overrides_a_variable() {
    let variables = COMPLETE.into_iter().chain([("BATCH_SIZE", "7")]).collect();
    let cli = parse(&["--batch-size", "9", "check"], &variables).unwrap();
    assert!(matches!(cli.command, Command::Check));
    assert_eq!(cli.settings.read::<Settings>().unwrap().batch.batch_size.get(), 9);
}

#[test]
fn a_subcommand_needs_only_its_own_settings() {
    let cli = parse(&["migrate"], &Variables::from([("DATABASE_URL", "postgres://h/d")])).unwrap();
    assert!(cli.settings.read::<DatabaseSettings>().is_ok());
    assert!(cli.settings.read::<Settings>().is_err());
}

#[test]
fn secrets_are_not_printed() {
    let settings = settings(&COMPLETE.into_iter().chain([("KAFKA_SASL_PASSWORD", "hunter2")]).collect()).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    exit_error(&[("DATABASE_URL", "hunter2"), ("BATCH_SIZE", "many")]);
}

#[test]
fn a_login_needs_mechanism_user_and_password() {
    let complete = [("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"), ("KAFKA_SASL_MECHANISM", "PLAIN")]
        .into_iter()
        .chain([("KAFKA_SASL_USERNAME", "us"), ("KAFKA_SASL_PASSWORD", "hunter2")]);
    let connection = |variables: Variables| {
        let settings = settings(&variables).unwrap();
        settings.kafka.connection(&settings.topics, "stg-service")
    };
    let kafka = connection(COMPLETE.into_iter().chain(complete.clone()).collect()).unwrap();
    assert_eq!(kafka.security_protocol.as_deref(), Some("sasl_ssl"));
    assert!(!format!("{kafka:?}").contains("hunter2"));

    for missing in ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] {
        let variables = COMPLETE.into_iter().chain(complete.clone()).filter(|(name, _)| *name != missing).collect();
        let said = format!("{missing} is not set, and KAFKA_SECURITY_PROTOCOL=SASL_SSL needs it");
        assert_eq!(connection(variables).unwrap_err(), ExitError::Config(said));
    }
}

#[test]
fn a_malformed_database_url_is_rejected_without_printing_it() {
    for url in ["hunter2", "mysql://u:hunter2@h/d", "postgres://u:hunter2@h/d?sslmode=perhaps"] {
        let settings = settings(&COMPLETE.into_iter().chain([("DATABASE_URL", url)]).collect()).unwrap();
        let exit_error = settings.database.connection("stg-service").err().unwrap();
        assert_eq!(exit_error.code(), 64);
        let line = exit_error.to_string();
        assert!(line.starts_with("DATABASE_URL: ") && !line.contains("hunter2"), "{line}");
    }
}

#[test]
fn the_reference_of_settings_is_printed_as_json() {
    let cli = parse(&["settings"], &Variables::new()).unwrap();
    let reference = serde_json::to_value(&cli.settings_json).unwrap();
    assert_eq!(reference["service"], "stg-service");
    let settings = reference["settings"].as_array().unwrap();
    let named = |name: &str| settings.iter().find(|setting| setting["name"] == name).unwrap();
    let [size, url, redis] = ["BATCH_SIZE", "DATABASE_URL", "REDIS_URL"].map(named);
    assert_eq!((&size["default"], &size["required"], &size["secret"]), (&"100".into(), &false.into(), &false.into()));
    assert_eq!((&url["default"], &url["required"], &url["secret"]), (&Value::Null, &true.into(), &true.into()));
    assert_eq!((&redis["required"], &redis["secret"]), (&true.into(), &true.into()));
    assert_eq!(named("KAFKA_GROUP_ID")["default"], "stg-service");
    assert_eq!(named("KAFKA_SSL_CA_FILE")["file"], true);
    assert_eq!(named("LOG_FORMAT")["values"], serde_json::json!(["json", "text"]));
    assert!(settings.iter().all(|setting| setting["name"] == "REDIS_URL" || setting["help"] != ""), "{reference}");
}
