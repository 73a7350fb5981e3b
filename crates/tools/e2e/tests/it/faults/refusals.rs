//! Tests of wrong settings: a service exits at once with one line that names the setting, and an exit code.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline};

const SETTINGS: i32 = 64;
const MISSING: i32 = 69;

/// Starts the service of a layer with one variable set otherwise; it must end so, naming `named`, and read nothing.
async fn check(pipeline: &Pipeline, layer: Layer, (name, value): (&str, &str), named: &str, code: i32) -> Result<()> {
    let service = pipeline.service(layer).env("HTTP_ADDR", "127.0.0.1:0").env(name, value);
    let ended = service.run(&["run"]).await?;
    let said = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.code() == Some(code), "{name}={value}: {}\n{said}", ended.status);
    // Settings are checked before any dependency is asked. Log lines of dependencies are JSON.
    let is_log = |line: &str| code != SETTINGS && line.starts_with('{') && !line.contains("started");
    let lines: Vec<&str> = said.lines().filter(|line| !is_log(line)).collect();
    let [line] = lines.as_slice() else { anyhow::bail!("{name}={value}: not one line:\n{said}") };
    ensure!(line.starts_with(&layer.binary()), "{name}={value}: who says `{line}`?");
    ensure!(line.contains(named), "{name}={value}: `{line}` does not name {named}");
    Ok(())
}

#[tokio::test]
async fn missing_and_malformed_settings_are_named() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    for layer in Layer::ALL {
        for (name, value) in [
            ("KAFKA_BOOTSTRAP_SERVERS", ""),
            ("KAFKA_SECURITY_PROTOCOL", "trust-me"),
            ("DATABASE_URL", "mysql://localhost"),
            ("DATABASE_URL", "postgres://localhost/x?sslmode=maybe"),
            ("DATABASE_POOL_SIZE", "many"),
            ("BATCH_SIZE", "0"),
            ("SCHEDULE", "often"),
            ("SHUTDOWN_GRACE", "soon"),
            ("SHUTDOWN_GRACE", "0s"),
            ("KAFKA_SESSION_TIMEOUT", "0s"),
            ("KAFKA_SOURCE_TOPIC", "orders "),
            ("KAFKA_GROUP_ID", "orders\n"),
            ("LOAD_SRC", " kafka"),
        ] {
            check(&pipeline, layer, (name, value), name, SETTINGS).await?;
        }
    }
    for (name, value) in [("PARK_MAX_AGE", "-1"), ("PARK_RETRY", "never"), ("PARK_RETRY", "0s")] {
        check(&pipeline, Layer::Stg, (name, value), name, SETTINGS).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_token_file_with_an_unusable_token_is_rejected() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("token");
    for text in ["", "\n", "one\ntwo\n", "one\r\ntwo\r\n", "\u{feff}sesame", "sésame", "sesame \n"] {
        std::fs::write(&file, text)?;
        let setting = ("TAG_API_TOKEN_FILE", &*file.to_string_lossy());
        check(&pipeline, Layer::Cdm, setting, "TAG_API_TOKEN", SETTINGS).await?;
    }
    Ok(())
}

/// Without any server, a mistake is reported all the same.
#[tokio::test]
async fn settings_of_one_service_are_checked_before_connecting() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    for (name, value) in [("REDIS_URL", "http://localhost"), ("REDIS_CA_FILE", "/nowhere/ca.pem")] {
        let stg = pipeline.service(Layer::Stg).env("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1").env(name, value);
        let ended = stg.env("HTTP_ADDR", "127.0.0.1:0").run(&["run"]).await?;
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.code() == Some(SETTINGS), "{name}={value}: {}\n{said}", ended.status);
        ensure!(said.lines().count() == 1 && said.starts_with(&format!("stg-service: {name}: ")), "{name}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn missing_topics_schemas_and_files_are_named() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    for layer in Layer::ALL {
        for name in ["KAFKA_SOURCE_TOPIC", "KAFKA_DEAD_LETTER_TOPIC"] {
            check(&pipeline, layer, (name, "no-such-topic"), "no-such-topic", MISSING).await?;
        }
        let nowhere = pipeline.endpoints().database_url("no_such_database");
        check(&pipeline, layer, ("DATABASE_URL", &nowhere), "no_such_database", MISSING).await?;
        // A database without migrations.
        let empty = pipeline.endpoints().database_url("postgres");
        check(&pipeline, layer, ("DATABASE_URL", &empty), "migrate", MISSING).await?;
    }
    for layer in [Layer::Stg, Layer::Dds] {
        let setting = ("KAFKA_DESTINATION_TOPIC", "no-such-topic");
        check(&pipeline, layer, setting, "no-such-topic", MISSING).await?;
    }
    Ok(())
}
