//! Test of the whole pipeline through pgbouncer in transaction mode with few connections.

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Workload};

#[tokio::test]
async fn three_services_share_two_connections() -> Result<()> {
    let stack = Stack::start(Options { pooled: Some(2), ..Options::for_tests() }).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 2).await?;
    let pooled = stack.pooled_endpoints().context("no pooler")?;
    let open = pipeline.database_url();
    let name = open.rsplit('/').next().and_then(|rest| rest.split('?').next()).context("no name")?;
    let url = pooled.database_url(name);
    let service = |layer| pipeline.service(layer).env("DATABASE_URL", &url);

    for layer in Layer::ALL {
        let migrated = service(layer).run(&["migrate"]).await?;
        ensure!(migrated.status.success(), "migrate: {}", String::from_utf8_lossy(&migrated.stderr));
        let checked = service(layer).run(&["check"]).await?;
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        ensure!(checked.status.success() && said.contains("through a pooler: unnamed statements"), "{said}");
    }

    let week = Workload::dirty(121, 400);
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let mut services: Vec<Process> = Vec::new();
    for layer in Layer::ALL {
        services.push(service(layer).env("BATCH_SIZE", "20").env("SUMMARY_REFRESH", "100ms").start().await?);
    }
    pipeline.wait_idle().await?;
    pipeline.summarized().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    let sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    ensure!(pipeline.count(sessions).await? <= 2, "the services did not come by the pooler");
    for service in services {
        service.stop().await?;
    }
    Ok(())
}
