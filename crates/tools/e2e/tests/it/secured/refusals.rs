//! Tests of one wrong security setting at a time: one line names it and the remedy, an exit code, and nothing is read.

use anyhow::{Result, ensure};
use harness::Layer;

use super::{Fixture, all, ensure_silent, told};

const SETTINGS: i32 = 64;
const MISSING: i32 = 69;

/// Not the password of anything.
const WRONG: &str = "Falsch/es@Wort%22";
const WRONG_ENCODED: &str = "Falsch%2Fes%40Wort%2522";

/// The changed setting, and the expected message.
struct Case {
    name: &'static str,
    changes: Vec<(&'static str, String)>,
    code: i32,
    setting: &'static str,
    advice: &'static str,
}

impl Fixture {
    async fn refuses(&self, case: &Case) -> Result<()> {
        let mut secrets = self.secured()?.secrets();
        secrets.extend([WRONG.to_owned(), WRONG_ENCODED.to_owned()]);
        for command in ["run", "check"] {
            let mut service = self.service(Layer::Stg)?.env("HTTP_ADDR", "127.0.0.1:0").env("RUST_LOG", "trace");
            for (name, value) in &case.changes {
                service = service.env(name, value);
            }
            let output = service.run(&[command]).await?;
            let what = format!("{command} with {}", case.name);
            ensure!(output.status.code() == Some(case.code), "{what}: {}\n{}", output.status, all(&output));
            let mut lines = told(&output.stderr);
            if command == "check" && case.code == MISSING {
                ensure!(lines.is_empty(), "{what}: {lines:?}");
                lines = told(&output.stdout);
                lines.retain(|line| line.starts_with("FAILED "));
            }
            let [line] = lines.as_slice() else { anyhow::bail!("{what}: not one line: {lines:#?}") };
            println!("{:28} {command:5} {line}", case.name);
            ensure!(line.contains(case.setting), "{what}: `{line}` does not name {}", case.setting);
            ensure!(line.contains(case.advice), "{what}: `{line}` does not say «{}»", case.advice);
            ensure_silent(&what, &all(&output), &secrets)?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn each_wrong_security_setting_is_one_line() -> Result<()> {
    let fixture = Fixture::start().await?;
    let secured = fixture.secured()?;
    let strange = secured.untrusted_ca_file().display().to_string();
    let by_address = |url: String| url.replace("localhost", "127.0.0.1");
    let brokers = by_address(secured.bootstrap_servers());
    let (database, redis) = (fixture.database_url(&fixture.pipeline)?, fixture.redis_url(&fixture.pipeline)?);
    let password = |url: &str| {
        let (start, rest) = url.split_once("guarded:").unwrap();
        format!("{start}guarded:{WRONG_ENCODED}@{}", rest.split_once('@').unwrap().1)
    };
    let case = |name, changes: &[(&'static str, &str)], code, setting, advice| Case {
        name,
        changes: changes.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        code,
        setting,
        advice,
    };
    let nonsense = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let cases = [
        case(
            "kafka, password",
            &[("KAFKA_SASL_PASSWORD", WRONG)],
            MISSING,
            "KAFKA_SASL_USERNAME",
            "KAFKA_SASL_PASSWORD",
        ),
        case(
            "kafka, password, PLAIN",
            &[("KAFKA_SASL_PASSWORD", WRONG), ("KAFKA_SASL_MECHANISM", "PLAIN")],
            MISSING,
            "KAFKA_SASL_USERNAME",
            "KAFKA_SASL_PASSWORD",
        ),
        case(
            "kafka, mechanism",
            &[("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256")],
            MISSING,
            "KAFKA_SASL_MECHANISM",
            "support",
        ),
        case(
            "kafka, authority",
            &[("KAFKA_SSL_CA_FILE", &strange)],
            MISSING,
            "KAFKA_SSL_CA_FILE",
            "certificate authority",
        ),
        case(
            "kafka, no authority",
            &[("KAFKA_SSL_CA_FILE", "")],
            MISSING,
            "KAFKA_SSL_CA_FILE",
            "certificate authority",
        ),
        case("kafka, host", &[("KAFKA_BOOTSTRAP_SERVERS", &brokers)], MISSING, "KAFKA_BOOTSTRAP_SERVERS", "host"),
        case("kafka, no file", &[("KAFKA_SSL_CA_FILE", "/none.pem")], SETTINGS, "KAFKA_SSL_CA_FILE", "none.pem"),
        case("kafka, no certificate", &[("KAFKA_SSL_CA_FILE", &nonsense)], SETTINGS, "KAFKA_SSL_CA_FILE", "PEM"),
        case("database, password", &[("DATABASE_URL", &password(&database))], MISSING, "DATABASE_URL", "the password"),
        case("database, authority", &[("DATABASE_CA_FILE", &strange)], MISSING, "DATABASE_URL", "DATABASE_CA_FILE"),
        case("database, no authority", &[("DATABASE_CA_FILE", "")], MISSING, "DATABASE_URL", "DATABASE_CA_FILE"),
        case("database, host", &[("DATABASE_URL", &by_address(database.clone()))], MISSING, "DATABASE_URL", "host"),
        case(
            "database, in the clear",
            &[("DATABASE_URL", &database.replace("verify-full", "disable")), ("DATABASE_CA_FILE", "")],
            MISSING,
            "DATABASE_URL",
            "pg_hba.conf",
        ),
        case(
            "database, no certificate",
            &[("DATABASE_CA_FILE", &nonsense)],
            SETTINGS,
            "DATABASE_CA_FILE",
            "certificate",
        ),
        case("redis, password", &[("REDIS_URL", &password(&redis))], MISSING, "REDIS_URL", "the password"),
        case("redis, authority", &[("REDIS_CA_FILE", &strange)], MISSING, "REDIS_URL", "REDIS_CA_FILE"),
        case("redis, no authority", &[("REDIS_CA_FILE", "")], MISSING, "REDIS_URL", "REDIS_CA_FILE"),
        case("redis, host", &[("REDIS_URL", &by_address(redis.clone()))], MISSING, "REDIS_URL", "host"),
        case("redis, unchecked", &[("REDIS_URL", &format!("{redis}#insecure"))], SETTINGS, "REDIS_URL", "#"),
        case("redis, no certificate", &[("REDIS_CA_FILE", &nonsense)], SETTINGS, "REDIS_CA_FILE", "PEM"),
    ];
    for case in &cases {
        fixture.refuses(case).await?;
    }

    for case in [
        case("kafka, expired", &[], MISSING, "KAFKA_BOOTSTRAP_SERVERS", "renew it"),
        case("database, expired", &[], MISSING, "DATABASE_URL", "renew it"),
        case("redis, expired", &[], MISSING, "REDIS_URL", "renew it"),
    ] {
        secured.expire()?;
        restart(&fixture, case.name).await?;
        fixture.refuses(&case).await?;
        secured.renew()?;
        restart(&fixture, case.name).await?;
    }

    // With all of it right again, the same check is satisfied.
    let output = fixture.service(Layer::Stg)?.run(&["check"]).await?;
    ensure!(output.status.success(), "{}", all(&output));
    Ok(())
}

/// Restarts the server of a case with its certificate.
async fn restart(fixture: &Fixture, case: &str) -> Result<()> {
    let Fixture { stack, .. } = fixture;
    match case.split(',').next() {
        Some("kafka") => stack.kafka().stop().await?,
        Some("database") => stack.postgres().stop().await?,
        _ => stack.redis().stop().await?,
    }
    tokio::try_join!(stack.kafka().start(), stack.postgres().start(), stack.redis().start())?;
    Ok(())
}
