//! Classification of errors, with a real server.

use consumer::{Failure, Fault};
use database::{Database, Statement, Transaction};
use jiff::civil::DateTime;

use crate::fresh_database::{number, sql, with_goods};

/// The failure of `statement`, which must not contain the value of its parameter.
async fn failure(database: &Database, statement: &Statement, value: &str) -> anyhow::Result<Failure> {
    let tx = database.begin_batch().await?;
    let failure = tx.query(statement, [&value]).await.unwrap_err();
    assert!(!failure.to_string().contains(value), "{failure}");
    Ok(failure)
}

#[tokio::test]
async fn the_data_of_a_row_is_refused() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let table = [
        ("INSERT INTO public.goods VALUES (1, $1::text::int)", "77777777777", "22003"),
        ("INSERT INTO public.goods VALUES (1, $1::text::numeric)", "77777777777", "22003"),
        ("INSERT INTO public.goods VALUES (1, $1::text::int)", "Анна", "22P02"),
        ("INSERT INTO public.goods VALUES (1, $1::text::int)", "-777", "23514"),
        ("SELECT $1::text", "Анна\0", "22021"),
        ("SELECT $1::text::timestamp", "7777-77-77", "22008"),
    ];
    for (statement, value, sqlstate) in table {
        let failure = failure(&database, &sql(statement), value).await?;
        assert!(
            matches!(&failure, Failure::InvalidData(why) if why.starts_with(&format!("test: {sqlstate} "))),
            "{failure}"
        );
    }
    let failure = failure(&database, &sql("INSERT INTO public.goods VALUES (1, $1::text::int)"), "-777").await?;
    assert!(failure.to_string().ends_with("table goods, constraint not_negative"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn everything_else_is_an_outage() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let table = [
        ("SELECT $1::text FROM absent", "42P01"),
        ("INSERT INTO public.goods SELECT 1, 1 FROM generate_series(1, 2) WHERE $1::text <> ''", "23505"),
        ("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60) WHERE $1::text <> ''", "57014"),
    ];
    for (statement, sqlstate) in table {
        let failure = failure(&database, &sql(statement), "Анна").await?;
        assert_unavailable(&failure, sqlstate);
    }
    Ok(())
}

#[tokio::test]
async fn a_value_that_cannot_be_sent_comes_from_a_record() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let tx = database.begin_batch().await?;
    let failure = tx.query(&sql("SELECT $1::timestamp"), [&DateTime::MAX]).await.unwrap_err();
    let Failure::Dependency(unavailable) = failure else { panic!("{failure}") };
    assert!(matches!(unavailable.fault, Fault::Rejected(_)), "{unavailable:?}");
    Ok(())
}

#[tokio::test]
async fn a_lock_that_is_not_granted_is_an_outage() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let holder = database.begin_batch().await?;
    holder.execute(&sql("LOCK TABLE public.goods"), []).await?;
    let waiter = database.begin_batch().await?;
    waiter.execute(&sql("SET LOCAL lock_timeout = '10ms'"), []).await?;
    let failure = waiter.query(&sql("SELECT * FROM public.goods"), []).await.unwrap_err();
    // Preparing takes a lock as well, so this is also a failure to prepare.
    assert_unavailable(&failure, "55P03");
    Ok(())
}

#[tokio::test]
async fn a_serialization_failure_is_an_outage() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let tx = database.begin_batch().await?;
    tx.execute(&sql("INSERT INTO public.goods VALUES (1, 1)"), []).await?;
    tx.commit().await?;
    let (first, second) = (repeatable(&database).await?, repeatable(&database).await?);
    let update = sql("UPDATE public.goods SET amount = amount + 1");
    first.execute(&update, []).await?;
    first.commit().await?;
    let failure = second.execute(&update, []).await.unwrap_err();
    assert_unavailable(&failure, "40001");
    Ok(())
}

async fn repeatable(database: &Database) -> anyhow::Result<Transaction> {
    let tx = database.begin_batch().await?;
    tx.execute(&sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), []).await?;
    tx.query(&sql("SELECT * FROM public.goods"), []).await?;
    Ok(tx)
}

#[tokio::test]
async fn a_terminated_backend_is_an_outage_of_one_transaction() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let tx = database.begin_batch().await?;
    let failure = tx.query(&sql("SELECT pg_terminate_backend(pg_backend_pid())"), []).await.unwrap_err();
    assert_unavailable(&failure, "57P01");
    assert_unavailable(&tx.commit().await.unwrap_err(), "connection closed");

    assert_eq!(number(&database, "SELECT count(*) FROM public.goods").await?, 0);
    Ok(())
}

fn assert_unavailable(failure: &Failure, expected: &str) {
    let Failure::Dependency(why) = failure else { panic!("{failure}") };
    assert!(why.dependency.name == "postgres" && why.error.contains(expected), "{failure}");
}
