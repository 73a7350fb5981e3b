//! Transactions: settings, order of statements, rollback when dropped.

use consumer::Failure;
use database::{Database, Transaction};
use futures_util::{FutureExt, try_join};
use jiff::civil::DateTime;
use uuid::Uuid;

use crate::fresh_database::{number, sql, with_goods};

const INSERT: &str = "INSERT INTO public.goods SELECT * FROM unnest($1::bigint[], $2::int[])";
const COUNT: &str = "SELECT count(*) FROM public.goods";
const BACKEND: &str = "SELECT pg_backend_pid()::bigint";
const OPEN: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";

async fn insert(tx: &Transaction, id: i64) -> Result<u64, Failure> {
    tx.execute(&sql(INSERT), [&vec![id], &vec![1_i32]]).await
}

#[tokio::test]
async fn a_transaction_committed_is_stored_and_keeps_its_connection() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let backend = number(&database, BACKEND).await?;
    let tx = database.begin_batch().await?;
    assert_eq!(insert(&tx, 1).await?, 1);
    tx.commit().await?;
    assert_eq!(number(&database, COUNT).await?, 1);
    assert_eq!(number(&database, BACKEND).await?, backend);
    Ok(())
}

#[tokio::test]
async fn a_transaction_rolled_back_changes_nothing_and_keeps_its_connection() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let backend = number(&database, BACKEND).await?;
    let tx = database.begin_batch().await?;
    insert(&tx, 1).await?;
    tx.rollback().await?;
    assert_eq!(number(&database, COUNT).await?, 0);
    assert_eq!(number(&database, BACKEND).await?, backend);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_is_dropped_changes_nothing_and_is_not_left_open() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let idle = database.begin_batch().await?;
    insert(&idle, 1).await?;
    drop(idle);

    let busy = database.begin_batch().await?;
    assert!(insert(&busy, 2).now_or_never().is_none(), "abandoned in flight");
    drop(busy);

    while number(&database, OPEN).await? > 0 {}
    assert_eq!(number(&database, COUNT).await?, 0);
    Ok(())
}

#[tokio::test]
async fn statements_in_flight_together_run_in_order() -> anyhow::Result<()> {
    let database = with_goods().await?;
    number(&database, COUNT).await?; // prepared before; the insert is not
    let tx = database.begin_batch().await?;
    let count = sql(COUNT);
    let (_, rows) = try_join!(insert(&tx, 1), tx.query(&count, []))?;
    assert_eq!(rows[0].try_get::<_, i64>(0)?, 1);
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_failed_transaction_cannot_be_committed() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let tx = database.begin_batch().await?;
    insert(&tx, 1).await?;
    insert(&tx, 1).await.unwrap_err();
    let error = tx.commit().await.unwrap_err();
    assert!(matches!(&error, Failure::Dependency(why) if why.error.starts_with("commit: 25P02")), "{error}");
    assert_eq!(number(&database, COUNT).await?, 0);
    Ok(())
}

#[tokio::test]
async fn each_kind_of_transaction_has_its_planner_settings_and_timeouts() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let batch = database.begin_batch().await?;
    assert_eq!(show(&batch).await?, ["off", "off", "force_generic_plan", "30s", "10s", "30s"]);
    batch.commit().await?;

    let unhurried = database.begin_maintenance().await?;
    assert_eq!(show(&unhurried).await?, ["on", "on", "auto", "1min", "1min", "0"]);
    let interval = "SELECT current_setting('client_connection_check_interval')";
    let rows = unhurried.query(&sql(interval), []).await?;
    assert_eq!(rows[0].try_get::<_, &str>(0)?, "5s", "a statement without a limit outlives its client");
    unhurried.commit().await?;
    Ok(())
}

async fn show(tx: &Transaction) -> anyhow::Result<Vec<String>> {
    let settings = "SELECT current_setting(name) FROM unnest(ARRAY['enable_seqscan', 'jit', 'plan_cache_mode',
        'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout']) AS name";
    let rows = tx.query(&sql(settings), []).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn columns_are_sent_as_arrays() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let keys = vec![Uuid::NAMESPACE_OID, Uuid::NAMESPACE_URL];
    let names = vec!["Выпечка", ""];
    let times: Vec<DateTime> = vec!["2022-11-19T16:06:36.123456".parse()?, "0001-01-01T00:00:00".parse()?];
    let costs = vec!["99999999999999.99999", "0.00001"];
    let tx = database.begin_batch().await?;
    let select = "SELECT k, n, t, c::text FROM unnest($1::uuid[], $2::text[], $3::timestamp[], $4::text[]::numeric[])
        AS row(k, n, t, c)";
    let rows = tx.query(&sql(select), [&keys, &names, &times, &costs]).await?;
    for (row, at) in rows.iter().zip(0..) {
        assert_eq!(row.try_get::<_, Uuid>(0)?, keys[at]);
        assert_eq!(row.try_get::<_, &str>(1)?, names[at]);
        assert_eq!(row.try_get::<_, DateTime>(2)?, times[at]);
        assert_eq!(row.try_get::<_, &str>(3)?, costs[at]);
    }
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn nothing_is_connected_before_it_is_needed() {
    let settings = database::Settings::from_url("postgres://nobody@127.0.0.1:1/none", None, 1).unwrap();
    let database = Database::new(&settings);
    assert_eq!(database.begin_batch().await.err().map(|error| error.dependency.name), Some("postgres"));
}

#[tokio::test]
async fn rows_of_a_stream_arrive_in_order_and_an_error_ends_it() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let transaction = database.begin_stream().await?;
    let mut rows = transaction.stream(&sql("SELECT n::bigint FROM generate_series(1, 100000) AS n"), &[]).await?;
    let mut last = 0;
    while let Some(row) = rows.next().await? {
        let n: i64 = row.try_get(0)?;
        assert_eq!(n, last + 1);
        last = n;
    }
    assert_eq!(last, 100_000);
    drop(rows);
    transaction.rollback().await?;
    let transaction = database.begin_stream().await?;
    let mut rows = transaction.stream(&sql("SELECT 1 / (n - 5000) FROM generate_series(1, 9999) AS n"), &[]).await?;
    let error = loop {
        match rows.next().await {
            Ok(Some(_)) => {}
            Ok(None) => anyhow::bail!("no error"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("22012"), "{error}");
    Ok(())
}
