//! Tests of killed and paused servers, and of the cleanup of a stack.

use std::time::Duration;

use devstack::{Options, Stack, Topic};
use tokio::time::timeout;

use crate::support;

#[tokio::test]
async fn killed_servers_restart_with_their_data() {
    let stack = Stack::start(Options::for_tests()).await.unwrap();
    let endpoints = stack.endpoints();
    let database_url = endpoints.database_url("postgres");
    endpoints.create_topics(&[Topic::data("kept", 1)]).await.unwrap();
    support::produce(endpoints, "kept", "a record").await;
    let client = support::postgres(&database_url).await;
    client.batch_execute("CREATE TABLE kept AS SELECT 7 AS id").await.unwrap();
    let mut redis = support::redis(&endpoints.redis_url(1)).await;
    redis::cmd("SET").arg(&["kept", "a value"]).exec_async(&mut redis).await.unwrap();

    tokio::try_join!(stack.kafka().kill(), stack.postgres().kill(), stack.redis().kill()).unwrap();
    assert!(client.simple_query("SELECT 1").await.is_err(), "a backend outlived its server");
    tokio::try_join!(stack.kafka().start(), stack.postgres().start(), stack.redis().start()).unwrap();

    assert_eq!(support::consume(endpoints, "kept").await, "a record");
    let client = support::postgres(&database_url).await;
    let id: i32 = client.query_one("SELECT id FROM kept", &[]).await.unwrap().get(0);
    assert_eq!(id, 7);
    let mut redis = support::redis(&endpoints.redis_url(1)).await;
    let value: String = redis::cmd("GET").arg("kept").query_async(&mut redis).await.unwrap();
    assert_eq!(value, "a value");
}

#[tokio::test]
async fn a_paused_server_answers_when_it_is_resumed() {
    let stack = Stack::start(Options::for_tests()).await.unwrap();
    let client = support::postgres(&stack.endpoints().database_url("postgres")).await;
    let mut redis = support::redis(&stack.endpoints().redis_url(0)).await;

    stack.postgres().pause().unwrap();
    stack.redis().pause().unwrap();
    let query = client.simple_query("SELECT 1");
    let ping = redis::cmd("PING");
    let ping = ping.exec_async(&mut redis);
    tokio::pin!(query, ping);
    let bound = Duration::from_millis(300);
    assert!(timeout(bound, &mut query).await.is_err(), "a paused PostgreSQL answered");
    assert!(timeout(bound, &mut ping).await.is_err(), "a paused Redis answered");

    stack.postgres().resume().unwrap();
    stack.redis().resume().unwrap();
    timeout(support::WAIT_TIMEOUT, query).await.unwrap().unwrap();
    timeout(support::WAIT_TIMEOUT, ping).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_dropped_stack_leaves_nothing_behind_even_when_paused() {
    let stack = Stack::start(Options::for_tests()).await.unwrap();
    let folder = stack.folder().to_owned();
    let _client = support::postgres(&stack.endpoints().database_url("postgres")).await;
    assert!(support::processes_in(&folder) > 3);
    stack.postgres().pause().unwrap();
    stack.kafka().pause().unwrap();
    drop(stack);
    support::until("every process is gone", || support::processes_in(&folder) == 0).await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_named_folder_keeps_its_data() {
    let parent =
        tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let options = Options { folder: Some(parent.path().join("kept")), ..Options::for_tests() };
    let first = Stack::start(options.clone()).await.unwrap();
    first.endpoints().create_topics(&[Topic::data("kept", 1)]).await.unwrap();
    support::produce(first.endpoints(), "kept", "a record").await;
    first.endpoints().create_database("kept").await.unwrap();
    first.stop().await.unwrap();

    let second = Stack::start(options).await.unwrap();
    assert_eq!(support::consume(second.endpoints(), "kept").await, "a record");
    support::postgres(&second.endpoints().database_url("kept")).await;
}
