//! Tests of three example clusters: the manifests that Helm renders start the real programs, on servers with TLS, SASL
//! and a pooler.

mod rendered;
mod elt;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Workload};
use tempfile::TempDir;

use self::rendered::{Container, Rendered};
use crate::roles;

#[tokio::test]
async fn manifests_of_a_single_vm_start_the_services() -> Result<()> {
    works("a-single-vm", Options { secured: true, ..Options::for_tests() }, 131).await
}

#[tokio::test]
async fn manifests_of_managed_databases_start_the_services() -> Result<()> {
    works("b-managed-data", Options { secured: true, pooled: Some(4), ..Options::for_tests() }, 132).await
}

#[tokio::test]
async fn manifests_of_a_managed_cluster_start_the_services() -> Result<()> {
    works("c-all-managed", Options { secured: true, pooled: Some(4), ..Options::for_tests() }, 133).await
}

/// Runs the migration, `check` of each service, and a week of orders with the number of replicas in the values.
async fn works(cluster: &str, options: Options, seed: u64) -> Result<()> {
    let rendered = Rendered::of(cluster).await?;
    let stack = Stack::start(options).await?;
    let pipeline = Pipeline::start_plain_on(stack.endpoints(), rendered.partitions()?).await?;
    let servers = Servers { stack: &stack, pipeline: &pipeline };
    // As a provider creates it: empty, and owned by this role.
    let database = name_in(&pipeline.database_url())?;
    pipeline.administer(&format!("DROP DATABASE {database} WITH (FORCE)")).await?;
    pipeline.administer(&format!("CREATE DATABASE {database} OWNER guarded")).await?;
    if rendered.has_roles() {
        roles::script(&pipeline.database_url(), "tagmill_owner").await?;
    }
    let folder = TempDir::new()?;

    let migration = rendered.container("migrate")?;
    let output = servers.service(&rendered, migration, Layer::Stg, &folder)?.run(&["migrate"]).await?;
    ensure!(migration.command == ["stg-service", "migrate"], "{:?}", migration.command);
    let applied = String::from_utf8_lossy(&output.stdout).starts_with("applied V1__stg\n");
    ensure!(output.status.success() && applied, "migrate: {}", String::from_utf8_lossy(&output.stderr));

    let week = Workload::dirty(seed, 300);
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let mut services: Vec<Process> = Vec::new();
    for layer in Layer::ALL {
        let container = rendered.container(layer.stem())?;
        ensure!(container.command == [layer.binary(), "run".to_owned()], "{:?}", container.command);
        let checked = servers.service(&rendered, container, layer, &folder)?.run(&["check"]).await?;
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        ensure!(checked.status.success(), "{cluster}: {said}{}", String::from_utf8_lossy(&checked.stderr));
        ensure!(said.contains("through a pooler") == stack.pooler().is_some(), "{cluster}: {said}");
        for _ in 0..container.replicas {
            services.push(servers.service(&rendered, container, layer, &folder)?.spawn()?);
        }
    }
    for service in &services {
        service.ready().await?;
    }
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    for service in services {
        service.stop().await?;
    }
    Ok(())
}

/// The name of the database that a URL leads to, or the number.
fn name_in(url: &str) -> Result<String> {
    let name = url.rsplit('/').next().and_then(|rest| rest.split('?').next());
    Ok(name.context("no name")?.to_owned())
}

/// Addresses of the cluster's servers in this test.
struct Servers<'a> {
    stack: &'a Stack,
    pipeline: &'a Pipeline,
}

impl Servers<'_> {
    /// A container's program with the container's environment and files; of these, only addresses and logins are the
    /// stack's own. Topics and groups are the pipeline's, which no values file names.
    fn service(
        &self,
        rendered: &Rendered,
        container: &Container,
        layer: Layer,
        folder: &TempDir,
    ) -> Result<harness::Service<'_>> {
        let mut service = self.pipeline.service(layer);
        for of_the_harness in ["DATABASE_URL", "REDIS_URL", "SCHEDULE", "PARK_RETRY", "KAFKA_SESSION_TIMEOUT"] {
            service = service.unset(of_the_harness);
        }
        for (path, file) in &container.files {
            let content = match file.kind.as_str() {
                "secret" => self.secret(&file.key, rendered.example(&file.key)?)?,
                _ => std::fs::read_to_string(self.stack.secured().context("no authority")?.ca_file())?,
            };
            let here = folder.path().join(container.command.join("-")).join(path.trim_start_matches('/'));
            std::fs::create_dir_all(here.parent().context("no folder")?)?;
            // Once: one that runs already may be reading it.
            if !here.exists() {
                std::fs::write(here, content)?;
            }
        }
        let encrypted = container.environment.get("KAFKA_SECURITY_PROTOCOL").is_some_and(|name| name == "SASL_SSL");
        for (name, value) in &container.environment {
            let value = match (name.as_str(), value.strip_prefix("/etc/tagmill")) {
                (_, Some(rest)) => {
                    let here = folder.path().join(container.command.join("-")).join("etc/tagmill");
                    here.join(rest.trim_start_matches('/')).display().to_string()
                }
                ("KAFKA_BOOTSTRAP_SERVERS", _) if encrypted => self.secured()?.bootstrap_servers(),
                ("KAFKA_BOOTSTRAP_SERVERS", _) => self.stack.endpoints().bootstrap_servers(),
                ("KAFKA_SASL_USERNAME", _) => self.secured()?.kafka_login().0.to_owned(),
                _ => value.clone(),
            };
            service = service.env(name, value);
        }
        Ok(service)
    }

    /// The stack's counterpart of an example URL: the same scheme and parameters.
    fn secret(&self, name: &str, example: &str) -> Result<String> {
        let open = self.pipeline.database_url();
        let database = name_in(&open)?;
        let number = name_in(&self.pipeline.redis_url())?.parse()?;
        Ok(match name {
            _ if name.ends_with("_DATABASE_URL") => {
                let (role, _) = example.trim_start_matches("postgres://").split_once(':').context("no role")?;
                self.stack.endpoints().database_url_as(role, &database)
            }
            "DATABASE_URL" => {
                let (_, parameters) = example.split_once('?').context("no sslmode")?;
                let here = match (parameters, self.stack.pooler()) {
                    ("sslmode=disable", _) => open.clone(),
                    (_, Some(_)) => self.secured()?.pooled_database_url(&database),
                    (_, None) => self.secured()?.database_url(&database),
                };
                format!("{}?{parameters}", here.split('?').next().unwrap_or_default())
            }
            "REDIS_URL" if example.starts_with("rediss://") => self.secured()?.redis_url(number),
            "REDIS_URL" => self.secured()?.open_redis_url(&self.pipeline.redis_url()),
            "KAFKA_SASL_PASSWORD" => self.secured()?.kafka_login().1.to_owned(),
            _ => example.to_owned(),
        })
    }

    fn secured(&self) -> Result<&devstack::Secured> {
        self.stack.secured().context("the stack has no guards")
    }
}
