//! Tests of the stack for elt-service: two clusters, a hot standby, Redis, each broken alone.

use std::process::Stdio;

use devstack::{EltStack, NetworkFault, Options};

use crate::support;

#[tokio::test]
async fn the_standby_follows_the_source_and_the_target_does_not() {
    let stack = EltStack::start(Options { standby: true, ..Options::for_tests() }).await.unwrap();
    let urls = stack.create("elt").await.unwrap();
    let source = support::postgres(&urls.source).await;
    source.batch_execute("CREATE TABLE kept (id int)").await.unwrap();
    let standby = support::postgres(urls.standby.as_ref().unwrap()).await;
    let followed = async {
        while standby.simple_query("SELECT FROM kept").await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(support::WAIT_TIMEOUT, followed).await.unwrap();
    assert!(standby.batch_execute("CREATE TABLE other (id int)").await.is_err(), "a standby is read-only");
    let target = support::postgres(&urls.target).await;
    assert!(target.batch_execute("SELECT FROM kept").await.is_err(), "the target is another cluster");
    let system = "SELECT system_identifier FROM pg_control_system()";
    let id =
        |client: tokio_postgres::Client| async move { client.query_one(system, &[]).await.unwrap().get::<_, i64>(0) };
    let (source, standby, target) = (id(source).await, id(standby).await, id(target).await);
    assert_eq!(source, standby);
    assert_ne!(source, target);
}

#[tokio::test]
async fn each_server_can_be_killed_and_cut_off_alone() {
    let stack = EltStack::start(Options { proxied: true, ..Options::for_tests() }).await.unwrap();
    let urls = stack.create("elt").await.unwrap();
    let via = stack.proxied(&urls);
    assert_ne!(via.source, urls.source);

    let (source, target) = (support::postgres(&via.source).await, support::postgres(&via.target).await);
    stack.source().kill().await.unwrap();
    assert!(source.simple_query("SELECT 1").await.is_err(), "the source is dead");
    target.simple_query("SELECT 1").await.unwrap();
    stack.source().start().await.unwrap();
    support::postgres(&via.source).await;

    stack.proxies().unwrap().target.set(NetworkFault::Reset);
    assert!(target.simple_query("SELECT 1").await.is_err(), "the target is cut off");
    support::postgres(&urls.target).await;
    support::redis(&via.redis).await;
    stack.stop().await.unwrap();
}

#[test]
fn up_prints_the_addresses_of_both_clusters() {
    use std::io::{BufRead, BufReader};
    let mut up = std::process::Command::new(env!("CARGO_BIN_EXE_devstack"))
        .args(["up", "--elt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<_> = BufReader::new(up.stdout.take().unwrap()).lines().take(3).map(Result::unwrap).collect();
    up.kill().unwrap();
    up.wait().unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line.split('=').next().unwrap()).collect();
    assert_eq!(names, ["export SOURCE_DATABASE_URL", "export TARGET_DATABASE_URL", "export REDIS_URL"]);
}
