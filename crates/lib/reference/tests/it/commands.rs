//! Redis servers that reject a command that reading names needs: a cluster, a user with too few rights.

use devstack::{Options, RedisCluster, Stack};
use reference::ConnectError;

use crate::redis_database::{Writer, names};

/// Why this Redis is rejected.
async fn refused(url: &str) -> anyhow::Result<String> {
    match names(url).ping().await {
        Err(connect_error @ ConnectError::Rejected(_)) => Ok(connect_error.to_string()),
        other => anyhow::bail!("not rejected: {other:?}"),
    }
}

#[tokio::test]
async fn a_redis_cluster_is_rejected() -> anyhow::Result<()> {
    let (complete, empty) = (RedisCluster::start(true).await?, RedisCluster::start(false).await?);
    for (url, said) in
        [(complete.url(), "CrossSlot"), (format!("{}/3", complete.url()), "cluster mode"), (empty.url(), "ClusterDown")]
    {
        let line = refused(&url).await?;
        assert!(line.starts_with("REDIS_URL: this is a Redis Cluster, which is not supported ("), "{line}");
        assert!(line.contains(said) && line.contains("; use a Redis server without cluster mode"), "{line}");
    }
    Ok(())
}

/// Rights of a user, and the error; `None`: the rights are sufficient.
const RIGHTS: [(&str, Option<&str>); 7] = [
    ("~* +select +mget +strlen", None),
    ("~* +@read +select", None),
    ("%R~* +select +mget +strlen", None),
    ("~* +select +strlen", Some("mget")),
    ("~* +select +mget", Some("strlen")),
    ("~* +@all -select", Some("select")),
    ("~other:* +@all", Some("keys")),
];

#[tokio::test]
async fn a_user_needs_every_command_on_every_key() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let url = stack.endpoints().redis_url(1);
    let mut writer = Writer::open(&url).await?;
    for (number, (rights, expected)) in RIGHTS.into_iter().enumerate() {
        let mut user = redis::cmd("ACL");
        user.arg("SETUSER").arg(format!("reader{number}")).arg("on").arg(">hidden").arg("-@all");
        writer.run(user.arg(rights.split(' ').collect::<Vec<_>>())).await?;
        let url = url.replace("redis://", &format!("redis://reader{number}:hidden@"));
        match expected {
            None => {
                _ = names(&url).ping().await.map_err(|connect_error| anyhow::anyhow!("{rights}: {connect_error}"))?;
            }
            Some(word) => {
                let line = refused(&url).await?;
                assert!(line.starts_with("REDIS_URL: ") && line.contains(word), "{rights}: {line}");
                assert!(line.ends_with("; the user needs these rights: +select +mget +strlen ~*"), "{line}");
                assert!(!line.contains("hidden"), "{line}");
            }
        }
    }
    Ok(())
}

/// Names may be read from a replica. An empty database is reported, because its number may be wrong.
#[tokio::test]
async fn a_replica_and_an_empty_database_are_accepted() -> anyhow::Result<()> {
    let (primary, replica) = (Stack::start(Options::for_tests()).await?, Stack::start(Options::for_tests()).await?);
    let (from, to) = (primary.endpoints().redis_url(1), replica.endpoints().redis_url(1));
    Writer::open(&from).await?.set("u", r#"{"name": "Анна"}"#).await?;
    let port = from.trim_end_matches("/1").rsplit(':').next().unwrap_or_default().to_owned();
    Writer::open(&to).await?.run(redis::cmd("REPLICAOF").arg("127.0.0.1").arg(port)).await?;
    let names = names(&to);
    while names.ping().await.map_or(None, |server_info| server_info.keys) != Some(1) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let empty = crate::redis_database::names(&primary.endpoints().redis_url(2)).ping().await?;
    assert_eq!(empty.keys, Some(0));
    Ok(())
}
