//! Settings from `config.yaml`, `.env`, files, the environment and arguments; `check`, `settings`, exit codes.

use std::{
    fs,
    process::{Command, Output},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{fixture::Fixture, service::Service};

/// A folder with a `config.yaml`.
pub(crate) fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.yaml"), config).unwrap();
    folder
}

/// Runs the service in a folder: exit code, and both outputs.
fn run(folder: &TempDir, environment: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// Seed 1's block for the database of a fixture.
pub(crate) fn postgresql(url: &str) -> String {
    let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let (address, database) = rest.split_once('/').unwrap();
    let (host, port) = address.split_once(':').unwrap();
    let database = database.split('?').next().unwrap();
    format!("postgresql:\n  host: {host}\n  port: {port}\n  username: {user}\n  database: {database}\n")
}

#[tokio::test]
async fn each_level_wins_over_those_below() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let right = postgresql(&fixture.url);
    let wrong = right.replace("port: ", "port: 1\n#");
    let port = right.lines().find_map(|line| line.trim().strip_prefix("port: ")).unwrap().to_owned();
    let (config, bad) = (folder(&right), folder(&wrong));
    assert_eq!(run(&config, &[], &["check"]).0, Some(0), "{}", run(&config, &[], &["check"]).1);
    assert_eq!(run(&bad, &[], &["check"]).0, Some(69));
    fs::write(bad.path().join(".env"), format!("POSTGRES_PORT={port}\n"))?;
    assert_eq!(run(&bad, &[], &["check"]).0, Some(0), ".env wins over config.yaml");
    assert_eq!(run(&bad, &[("POSTGRES_PORT", "1")], &["check"]).0, Some(69), "the environment wins over .env");
    let nowhere = [("DATABASE_URL", "postgres://a@127.0.0.1:1/b")];
    assert_eq!(run(&config, &nowhere, &["check"]).0, Some(69), "DATABASE_URL wins over POSTGRES_HOST");
    let option = format!("--database-url={}", fixture.url);
    assert_eq!(run(&config, &nowhere, &[&option, "check"]).0, Some(0), "an option wins over the environment");
    fs::write(bad.path().join("url"), format!("{}\n", fixture.url))?;
    let file = bad.path().join("url");
    assert_eq!(run(&bad, &[("DATABASE_URL_FILE", file.to_str().unwrap())], &["check"]).0, Some(0));
    let unknown = folder(&right.replace("host: 127.0.0.1", "host: unknown.invalid"));
    assert_eq!(run(&unknown, &[], &["check"]).0, Some(69));
    assert_eq!(run(&unknown, &[("POSTGRES_HOST", "")], &["check"]).0, Some(0), "an empty value unsets: localhost");
    Ok(())
}

#[tokio::test]
async fn a_wrong_setting_is_named_and_a_missing_schema_is_reported() -> anyhow::Result<()> {
    let nothing = folder("");
    for (config, environment, code, text) in [
        ("webapis:\n  a: 1\n", vec![], 64, "config.yaml: line 2: unknown key `webapis.a`"),
        ("", vec![], 64, "DATABASE_URL is not set"),
        ("log:\n  level: loud\n", vec![], 64, "LOG_LEVEL: `loud` is not a level of the log"),
        ("database_url: postgres://a@127.0.0.1:1/b\n", vec![("AUTH", "maybe")], 64, "AUTH"),
        (
            "database_url: postgres://a@127.0.0.1:1/b\n",
            vec![("TIME_ZONE", "Moscow")],
            64,
            "`Moscow` is not a time zone",
        ),
    ] {
        let (found, output) = run(&folder(config), &environment, &["check"]);
        assert!(found == Some(code) && output.contains(text), "{config} {environment:?}: {found:?} {output}");
    }
    let url = Fixture::empty().await?;
    for arguments in [&["check"][..], &[]] {
        let environment = [("DATABASE_URL", url.as_str()), ("HTTP_ADDR", "127.0.0.1:0")];
        let (code, output) = run(&nothing, &environment, arguments);
        assert!(code == Some(69) && output.contains("run `segments-service migrate`"), "{code:?} {output}");
    }
    let (code, output) = run(&nothing, &[], &["settings"]);
    let json: serde_json::Value = serde_json::from_str(&output)?;
    assert_eq!((code, json["service"].as_str()), (Some(0), Some("segments-service")));
    let names: Vec<&str> =
        json["settings"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in ["DATABASE_URL", "LOGS_PATH", "TIME_ZONE", "AUTH", "KAFKA_USER_TOPIC", "USER_SERVICE_TOKEN"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    Ok(())
}

#[test]
fn help_and_version_are_printed_whatever_config_yaml_contains() {
    let broken = folder("webapis:\n  a: 1\n");
    for arguments in [&["--help"][..], &["-h"], &["help"], &["keys", "--help"], &["--version"]] {
        let (code, output) = run(&broken, &[], arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {output}");
    }
    for arguments in [&["settings"][..], &["keys", "list"], &[]] {
        assert_eq!(run(&broken, &[], arguments).0, Some(64), "{arguments:?}");
    }
}

#[tokio::test]
async fn check_names_topics_by_the_settings_of_this_service() -> anyhow::Result<()> {
    let (fixture, stack) = (Fixture::new().await?, devstack::shared().await?);
    let (user_topic, tag_topic) = (stack.fresh_name("users").await?, stack.fresh_name("tags").await?);
    let brokers = stack.bootstrap_servers();
    let environment = [
        ("DATABASE_URL", fixture.url.as_str()),
        ("KAFKA_BOOTSTRAP_SERVERS", &brokers),
        ("KAFKA_USER_TOPIC", &user_topic),
        ("KAFKA_TAG_TOPIC", &tag_topic),
        ("TAG_SEGMENTS", "on"),
        ("USER_SERVICE_URL", "http://127.0.0.1:9"),
    ];
    let (code, output) = run(&folder(""), &environment, &["check"]);
    assert_eq!(code, Some(69), "{output}");
    for (setting, topic) in [("KAFKA_USER_TOPIC", &user_topic), ("KAFKA_TAG_TOPIC", &tag_topic)] {
        let line = format!("{setting}: topic {topic} does not exist");
        assert_eq!(output.matches(&line).count(), 1, "{line}: {output}");
    }
    assert!(!output.contains("KAFKA_SOURCE_TOPIC"), "{output}");
    Ok(())
}

#[tokio::test]
async fn the_log_has_a_copy_in_a_file() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("logs/logs.txt");
    let text = path.to_str().unwrap();
    for _ in 0..2 {
        let service = Service::start(&fixture.url, &[("LOGS_PATH", text)]).await?;
        // The service is ready a moment before it says so.
        let begin = Instant::now();
        while service.log().is_empty() && begin.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!service.log().is_empty());
        assert!(fs::read_to_string(&path)?.ends_with(&service.log()), "the same lines, at the end of the file");
    }
    assert_eq!(fs::read_to_string(&path)?.matches("\"message\":\"started\"").count(), 2, "lines are added");
    let environment = [("DATABASE_URL", fixture.url.as_str()), ("LOGS_PATH", "/proc/logs.txt")];
    let none = tempfile::tempdir()?;
    for (arguments, code) in [(&["check"][..], 69), (&[], 64)] {
        let (found, output) = run(&none, &environment, arguments);
        assert!(found == Some(code) && output.contains("LOGS_PATH: /proc/logs.txt cannot be written"), "{output}");
    }
    Ok(())
}
