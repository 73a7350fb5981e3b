//! Being let in or not, and a server that goes and comes back.

use warehouse::{Denied, Greeting, Settings, Warehouse};

use crate::database::{number, sql};

async fn greet(url: &str) -> Result<Greeting, Denied> {
    Warehouse::new(&Settings::from_url(url, None, 1).unwrap()).greet().await
}

#[tokio::test]
async fn a_refusal_is_told_from_an_outage() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let url = stack.database_url("postgres");
    assert!(greet(&url).await?.direct);

    let refused = [
        (stack.database_url("absent"), "3D000"),
        (url.replace("tagmill@", "nobody@"), "28000"),
        (url.replace("sslmode=disable", "sslmode=require"), "server does not support TLS"),
    ];
    for (url, expected) in refused {
        let denied = greet(&url).await.unwrap_err();
        assert!(matches!(&denied, Denied::Refused(why) if why.contains(expected)), "{url}: {denied}");
    }
    let away =
        ["postgres://a@127.0.0.1:1/b", "postgres://a@name.invalid/b", "postgres://a@127.0.0.1:1/b?sslmode=verify-full"];
    for url in away {
        let denied = greet(url).await.unwrap_err();
        assert!(matches!(denied, Denied::Unavailable(_)), "{url}: {denied}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_killed_is_found_again() -> anyhow::Result<()> {
    let stack = devstack::Stack::start(devstack::Options::for_tests()).await?;
    let warehouse = Warehouse::new(&Settings::from_url(&stack.endpoints().database_url("postgres"), None, 2)?);
    let tx = warehouse.begin().await?;
    tx.query(&sql("SELECT 1"), []).await?;

    stack.postgres().kill().await?;
    assert_eq!(tx.commit().await.unwrap_err().to_string().split(':').next(), Some("postgres"));
    assert!(warehouse.begin().await.is_err());

    stack.postgres().start().await?;
    assert_eq!(number(&warehouse, "SELECT 1::bigint").await?, 1);
    Ok(())
}
