//! Sources of segments that have to be fresh.

use segments::refresh::{Source, State};

use super::Automatic;

#[tokio::test]
async fn a_stale_source_skips_the_segment_until_it_is_fresh() -> anyhow::Result<()> {
    let automatic = Automatic::new(2).await?;
    automatic
        .fixture
        .run(
            "CREATE TABLE public.loads (at timestamp); GRANT SELECT ON loads TO PUBLIC;
            INSERT INTO loads VALUES ((now() AT TIME ZONE 'UTC') - interval '2 hours')",
        )
        .await?;
    let source = Source {
        name: "loads".to_owned(),
        loaded_at_query: "SELECT max(at) FROM public.loads".to_owned(),
        warn_after: Some(600),
        error_after: Some(3600),
    };
    automatic.refresher.set_source(&source).await.unwrap();
    assert_eq!(automatic.refresher.sources().await.unwrap(), [source]);
    automatic.query("A", "SELECT 1 AS user_id").await?;
    automatic.fixture.run("UPDATE segments.segments SET sources = '{loads}', refresh_cron = '* * * * *'").await?;
    let service = [("REFRESH_DATABASE_URL", automatic.login.as_str())];
    let _service = crate::service::Service::start(&automatic.fixture.url, &service).await?;
    let log = "SELECT state, message FROM segments.log ORDER BY run_id";
    crate::refresh::running::until(&automatic, log, &["skip|source loads was loaded more than 3600 s ago"]).await?;
    // It is looked at again and again, and recorded once.
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    assert_eq!(automatic.fixture.rows(log).await?.len(), 1);
    assert_eq!(automatic.members("A").await?, Vec::<String>::new());
    let skipped = automatic.refresh("A").await?;
    assert_eq!(skipped.state, State::Skip, "by hand it is skipped too: {skipped:?}");
    automatic.fixture.run("INSERT INTO loads VALUES ((now() AT TIME ZONE 'UTC') - interval '20 minutes')").await?;
    crate::refresh::running::until(
        &automatic,
        "SELECT state, message FROM segments.log WHERE state = 'success' ORDER BY run_id LIMIT 1",
        &["success|1 joined, 0 left, 0 with other hashes; source loads was loaded more than 600 s ago"],
    )
    .await?;
    assert_eq!(automatic.members("A").await?, ["1"]);
    Ok(())
}
