//! Tests of the process shell: settings, exit codes, migrations, `check`, readiness, metrics, a graceful stop.

use crate::process::{Service, output};

/// A database without tables.
async fn database() -> anyhow::Result<String> {
    let stack = devstack::shared().await?;
    let name = stack.fresh_name("visits").await?;
    stack.create_database(&name).await
}

#[test]
fn settings_are_those_of_the_service_and_of_every_service() {
    let (code, text) = output(&[], &["settings"]);
    assert_eq!(code, Some(0), "{text}");
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> =
        settings["settings"].as_array().unwrap().iter().map(|setting| setting["name"].as_str().unwrap()).collect();
    let expected = [
        "DATABASE_URL",
        "DATABASE_CA_FILE",
        "DATABASE_POOL_SIZE",
        "CLEANUP_SCHEDULE",
        "SHUTDOWN_GRACE",
        "HTTP_ADDR",
        "LOG_FORMAT",
        "RUST_LOG",
    ];
    assert_eq!(names, expected, "no setting of Kafka among them");
}

#[test]
fn help_and_version_are_printed() {
    let (code, text) = output(&[], &["--help"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text);
    let version = format!("visits-service {}", env!("CARGO_PKG_VERSION"));
    assert!(output(&[], &["--version"]).1.starts_with(&version), "the commit may follow");
    assert!(output(&[], &["completions", "bash"]).1.contains("visits-service"));
}

#[test]
fn a_setting_that_is_missing_or_malformed_is_64() {
    let (code, text) = output(&[], &["run"]);
    assert_eq!((code, text.trim_end()), (Some(64), "visits-service: DATABASE_URL is not set; see `--help`"));
    let malformed = [("DATABASE_URL", "postgres://localhost/db"), ("CLEANUP_SCHEDULE", "often")];
    let (code, text) = output(&malformed, &["run"]);
    assert_eq!(code, Some(64));
    assert!(text.starts_with("visits-service: CLEANUP_SCHEDULE: `often` is neither"), "{text}");
    let (code, text) = output(&[], &["dead-letters", "list"]);
    assert_eq!(code, Some(64), "a service without a topic has no dead letters: {text}");
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_69_and_migrations_are_the_services_own() -> anyhow::Result<()> {
    let url = database().await?;
    // The port is chosen by the system: the default one may be in use.
    let environment = [("DATABASE_URL", url.as_str()), ("HTTP_ADDR", "127.0.0.1:0")];
    let (code, text) = output(&environment, &["run"]);
    assert_eq!(code, Some(69), "{text}");
    assert!(text.contains("the schema lacks V1__visits; run `visits-service migrate`"), "{text}");
    let (code, text) = output(&environment, &["check"]);
    assert_eq!(code, Some(69), "{text}");
    assert!(text.contains("FAILED schema: DATABASE_URL: the schema lacks V1__visits"), "{text}");

    assert_eq!(output(&environment, &["migrate"]), (Some(0), "applied V1__visits\n".to_owned()));
    assert_eq!(output(&environment, &["migrate"]), (Some(0), "nothing to apply\n".to_owned()));
    let (code, text) = output(&environment, &["check"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("ok     settings\nok     database: PostgreSQL "), "{text}");
    assert!(text.ends_with("ok     schema: up to date\n"), "{text}");
    Ok(())
}

#[tokio::test]
async fn it_answers_runs_its_task_and_stops() -> anyhow::Result<()> {
    let url = database().await?;
    assert_eq!(output(&[("DATABASE_URL", url.as_str())], &["migrate"]).0, Some(0));
    let service = Service::start(&url);
    service.until_ready_is(r#"{"ready":true,"reasons":[]}"#).await?;
    assert_eq!(service.ask("GET", "/health")?, (200, "healthy".to_owned()));
    for count in 1..=3 {
        assert_eq!(service.ask("POST", "/visits")?, (200, count.to_string()));
    }
    let (_, metrics) = service.ask("GET", "/metrics")?;
    for line in [
        "tagmill_ready{service=\"visits-service\"} 1",
        "tagmill_task_failures_total{service=\"visits-service\",task=\"cleanup\"} 0",
        "tagmill_dependency_waiting{service=\"visits-service\",dependency=\"postgres\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(!metrics.contains("partitions"), "{metrics}");
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
    for message in ["\"message\":\"started\"", "\"signal\":\"SIGTERM\"", "\"message\":\"stopped\""] {
        assert!(log.contains(message), "{message} in {log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_and_named() -> anyhow::Result<()> {
    let service = Service::start("postgres://nobody@127.0.0.1:1/nothing");
    service.until_ready_is(r#"{"reason":"waiting-for","dependency":"postgres","#).await?;
    let (_, metrics) = service.ask("GET", "/metrics")?;
    assert!(metrics.contains("tagmill_ready{service=\"visits-service\"} 0"), "{metrics}");
    assert!(
        metrics.contains("tagmill_dependency_waiting{service=\"visits-service\",dependency=\"postgres\"} 1"),
        "{metrics}"
    );
    assert_eq!(service.ask("GET", "/health")?.0, 200, "a restart would not help");
    let (code, log) = service.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("waiting for a dependency"), "{log}");
    Ok(())
}
