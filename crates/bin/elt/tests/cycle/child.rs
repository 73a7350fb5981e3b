//! A cycle in a process of its own, which a failpoint kills or freezes: this test program, run again.

use std::process::{Child, Command, Stdio};

use crate::fixture::{Fixture, connect, connect_redis, items, options};
use elt::Options;

/// The job that the child runs.
pub(crate) fn job() -> elt::Job {
    items("title, category", "LAG: 1h")
}

/// Starts a cycle in another process with `FAILPOINTS`.
pub(crate) fn start(fixture: &Fixture, failpoints: &str) -> anyhow::Result<Child> {
    Ok(Command::new(std::env::current_exe()?)
        .args(["--exact", "child::one_cycle", "--ignored", "--nocapture"])
        .env("FAILPOINTS", failpoints)
        .env("ELT_TEST_SOURCE", &fixture.source_url)
        .env("ELT_TEST_TARGET", &fixture.target_url)
        .env("ELT_TEST_REDIS", &fixture.redis_url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

#[tokio::test]
#[ignore = "the child of other tests"]
async fn one_cycle() -> anyhow::Result<()> {
    let _armed = failpoint::arm();
    let url = |name: &str| std::env::var(name);
    let (source, target) = (connect(&url("ELT_TEST_SOURCE")?).await?, connect(&url("ELT_TEST_TARGET")?).await?);
    let mut redis = connect_redis(&url("ELT_TEST_REDIS")?).await?;
    let servers = elt::Servers { source: &source, target: &target, redis: Some(&mut redis) };
    let options = Options { instance: "child".to_owned(), ..options() };
    let outcome = elt::run(&job(), servers, &options).await;
    anyhow::ensure!(outcome.error.is_none(), "{outcome:?}");
    Ok(())
}
