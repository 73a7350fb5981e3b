//! Connecting: rejections, outages, and a server that stops and starts again.

use database::{ConnectError, Database, ServerInfo, Settings};

use crate::fresh_database::{number, sql};

async fn ping(url: &str) -> Result<ServerInfo, ConnectError> {
    Database::new(&Settings::from_url(url, None, 1).unwrap()).ping().await
}

#[tokio::test]
async fn a_rejected_login_is_distinguished_from_an_outage() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let url = stack.database_url("postgres");
    assert!(ping(&url).await?.direct);

    let refused = [
        (stack.database_url("absent"), "3D000"),
        (url.replace("tagmill@", "nobody@"), "28000"),
        (url.replace("sslmode=disable", "sslmode=require"), "server does not support TLS"),
    ];
    for (url, expected) in refused {
        let connect_error = ping(&url).await.unwrap_err();
        assert!(
            matches!(&connect_error, ConnectError::Rejected { reason: why, .. } if why.contains(expected)),
            "{url}: {connect_error}"
        );
    }
    let away =
        ["postgres://a@127.0.0.1:1/b", "postgres://a@name.invalid/b", "postgres://a@127.0.0.1:1/b?sslmode=verify-full"];
    for url in away {
        let connect_error = ping(url).await.unwrap_err();
        assert!(matches!(connect_error, ConnectError::Unavailable(_)), "{url}: {connect_error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_killed_is_found_again() -> anyhow::Result<()> {
    let stack = devstack::Stack::start(devstack::Options::for_tests()).await?;
    let database = Database::new(&Settings::from_url(&stack.endpoints().database_url("postgres"), None, 2)?);
    let tx = database.begin_batch().await?;
    tx.query(&sql("SELECT 1"), []).await?;

    stack.postgres().kill().await?;
    assert_eq!(tx.commit().await.unwrap_err().to_string().split(':').next(), Some("postgres"));
    assert!(database.begin_batch().await.is_err());

    stack.postgres().start().await?;
    assert_eq!(number(&database, "SELECT 1::bigint").await?, 1);
    Ok(())
}
