//! Tests of secured connections: TLS, certificates, authentication; and rejected connections, one defect at a time.

mod pipeline;
mod refusals;
mod sslmodes;
mod revoked;

use std::process::Output;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Secured, Stack};
use harness::{Layer, Pipeline, Service};

/// A stack with guards at every door, and a pipeline on it.
struct Fixture {
    stack: Stack,
    pipeline: Pipeline,
}

impl Fixture {
    async fn start() -> Result<Self> {
        let stack = Stack::start(Options { secured: true, ..Options::for_tests() }).await?;
        let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
        let (role, _) = stack.secured().context("the stack has no guards")?.kafka_login();
        // The role reads and writes all tables already.
        let grant = format!(
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA stg, dds, cdm TO {role};
             GRANT TRUNCATE ON ALL TABLES IN SCHEMA dds, cdm_rebuild TO {role}"
        );
        pipeline.sql(&grant).await?;
        Ok(Self { stack, pipeline })
    }

    fn secured(&self) -> Result<&Secured> {
        self.stack.secured().context("the stack has no guards")
    }

    /// A service that uses only the secured listeners.
    fn service(&self, layer: Layer) -> Result<Service<'_>> {
        self.service_of(&self.pipeline, layer)
    }

    fn service_of<'p>(&self, pipeline: &'p Pipeline, layer: Layer) -> Result<Service<'p>> {
        let secured = self.secured()?;
        let ca_file = secured.ca_file().display().to_string();
        let (user, password) = secured.kafka_login();
        let service = pipeline
            .service(layer)
            .env("KAFKA_BOOTSTRAP_SERVERS", secured.bootstrap_servers())
            .env("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
            .env("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
            .env("KAFKA_SASL_USERNAME", user)
            .env("KAFKA_SASL_PASSWORD", password)
            .env("KAFKA_SSL_CA_FILE", &ca_file)
            .env("DATABASE_URL", self.database_url(pipeline)?)
            .env("DATABASE_CA_FILE", &ca_file);
        Ok(match layer {
            Layer::Stg => service.env("REDIS_URL", self.redis_url(pipeline)?).env("REDIS_CA_FILE", &ca_file),
            Layer::Dds | Layer::Cdm => service,
        })
    }

    fn database_url(&self, pipeline: &Pipeline) -> Result<String> {
        let open = pipeline.database_url();
        let name = open.rsplit('/').next().and_then(|rest| rest.split('?').next()).context("no name")?;
        Ok(self.secured()?.database_url(name))
    }

    fn redis_url(&self, pipeline: &Pipeline) -> Result<String> {
        let open = pipeline.redis_url();
        Ok(self.secured()?.redis_url(open.rsplit('/').next().context("no number")?.parse()?))
    }
}

/// Asserts that no output contains a secret, neither a correct one nor a wrong one.
fn ensure_silent(what: &str, said: &str, secrets: &[String]) -> Result<()> {
    let leak = secrets.iter().find(|secret| said.contains(secret.as_str()));
    ensure!(leak.is_none(), "{what} tells {leak:?}");
    Ok(())
}

/// All output of a process.
fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Its messages for people, without the log, which is JSON lines.
fn told(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().filter(|line| !line.starts_with('{')).map(str::to_owned).collect()
}
