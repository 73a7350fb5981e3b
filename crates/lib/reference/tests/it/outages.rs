//! Outages and rejections of Redis, with a server of its own.

use std::time::Instant;

use devstack::{Options, Stack};
use reference::{ConnectError, Settings};

use crate::redis_database::{Writer, names};

async fn refused(url: &str) -> String {
    match names(url).ping().await {
        Err(ConnectError::Rejected(reason)) => reason,
        other => format!("not rejected: {other:?}"),
    }
}

#[tokio::test]
async fn names_are_read_again_after_outages_and_rejections() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let url = stack.endpoints().redis_url(1);
    let mut writer = Writer::open(&url).await?;
    let (names, now) = (names(&url), Instant::now());
    names.ping().await?;

    let before = writer.questions().await?;

    // One request for all names, none for cached ones.
    writer.set("u", r#"{"name": "Анна"}"#).await?;
    writer.set("r", r#"{"name": "Кофейня", "menu": []}"#).await?;
    names.resolve(&["u", "u", "a", "b"], &["r", "a", "c"], now).await?;
    assert_eq!(writer.questions().await?, before + 1);
    names.resolve(&["u"], &["r"], now).await?;
    names.resolve(&[], &[], now).await?;
    assert_eq!(writer.questions().await?, before + 1);

    // Killed: an outage, but not for cached names. Started again: found, by the same `ReferenceStore`.
    stack.redis().kill().await?;
    names.resolve(&["u", "a"], &[], now).await.unwrap_err();
    assert!(matches!(names.ping().await, Err(ConnectError::Unavailable(_))));
    assert!(names.resolve(&["u"], &[], now).await?.user("u").is_some());
    stack.redis().start().await?;
    assert!(names.resolve(&["u", "a"], &["r"], now).await?.user("u").is_some());

    // Paused: an outage after the timeout, not an endless wait.
    stack.redis().pause()?;
    names.resolve(&["a"], &[], now).await.unwrap_err();
    stack.redis().resume()?;
    names.resolve(&["a"], &[], now).await?;

    // With a password.
    Writer::open(&url).await?.run(redis::cmd("CONFIG").arg("SET").arg("requirepass").arg("secret")).await?;
    let with = |password: &str| url.replace("redis://", &format!("redis://:{password}@"));
    for reason in
        [refused(&url).await, refused(&with("wrong")).await, refused(&with("secret").replace("/1", "/9999")).await]
    {
        assert!(!reason.starts_with("not rejected"), "{reason}");
        assert!(!reason.contains("wrong") && !reason.contains("secret"), "{reason}");
    }
    self::names(&with("secret")).ping().await?;
    Ok(())
}

#[tokio::test]
async fn an_unreachable_redis_is_an_outage() {
    for url in ["redis://127.0.0.1:1", "redis://name.invalid", "rediss://127.0.0.1:1"] {
        let names = reference::ReferenceStore::connect(&Settings::from_url(url, None).unwrap());
        assert!(matches!(names.ping().await, Err(ConnectError::Unavailable(_))), "{url}");
    }
}
