//! Foreign keys are checked with index scans, whatever the statistics of the table.

use database::{Database, Transaction};

use crate::fresh_database::{empty, number, sql};

const TABLES: [&str; 2] = [
    "CREATE TABLE public.hubs (id bigint PRIMARY KEY)",
    "CREATE TABLE public.links (id bigint PRIMARY KEY, hub bigint REFERENCES public.hubs)",
];
const HUBS: &str = "INSERT INTO public.hubs SELECT generate_series($1::bigint, $2::bigint)";
const LINKS: &str = "INSERT INTO public.links SELECT n, n FROM generate_series($1::bigint, $2::bigint) AS n";
const SCANS: &str = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'hubs'";
const WRITTEN: &str = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'links'";

/// Enough checks for the number of scans to be conclusive.
const ROWS: i64 = 300;

#[tokio::test]
async fn an_empty_table_that_was_analysed_is_not_scanned() -> anyhow::Result<()> {
    let database = emptied().await?;
    let scans = number(&database, SCANS).await?;
    fill(&database, database.begin_batch().await?).await?;
    assert_eq!(number(&database, SCANS).await?, scans);
    Ok(())
}

/// Proves that the test above can fail.
#[tokio::test]
async fn without_the_planner_settings_an_empty_table_that_was_analysed_is_scanned() -> anyhow::Result<()> {
    let database = emptied().await?;
    let scans = number(&database, SCANS).await?;
    fill(&database, database.begin_maintenance().await?).await?;
    assert!(number(&database, SCANS).await? >= scans + ROWS);
    Ok(())
}

async fn emptied() -> anyhow::Result<Database> {
    let database = Database::new(&empty().await?);
    let tx = database.begin_maintenance().await?;
    for statement in
        TABLES.into_iter().chain(["TRUNCATE public.hubs, public.links", "ANALYZE public.hubs", "ANALYZE public.links"])
    {
        tx.execute(&sql(statement), []).await?;
    }
    tx.commit().await?;
    Ok(database)
}

/// Writes hubs and links, and waits until the server has counted the scans.
async fn fill(database: &Database, tx: Transaction) -> anyhow::Result<()> {
    // The check is planned for the first row, when a scan of one page looks cheap.
    for (first, last) in [(1_i64, 1), (2, ROWS + 1)] {
        tx.execute(&sql(HUBS), [&first, &last]).await?;
        tx.execute(&sql(LINKS), [&first, &last]).await?;
    }
    tx.query(&sql("SELECT pg_stat_force_next_flush()"), []).await?;
    tx.commit().await?;
    while number(database, WRITTEN).await? <= ROWS {}
    Ok(())
}
