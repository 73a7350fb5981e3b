//! A database for each test.

use database::{Database, Settings, Statement};

/// A statement without a file.
pub(crate) const fn sql(sql: &'static str) -> Statement {
    Statement { name: "test", sql }
}

/// The settings of a new, empty database.
pub(crate) async fn empty() -> anyhow::Result<Settings> {
    let stack = devstack::shared().await?;
    let url = stack.create_database(&stack.fresh_name("warehouse_it").await?).await?;
    Ok(Settings::from_url(&url, None, 4)?)
}

/// A database with one table: `goods(id, amount)`, whose amounts are `int` and not negative.
pub(crate) async fn with_goods() -> anyhow::Result<Database> {
    let database = Database::new(&empty().await?);
    let tx = database.begin_batch().await?;
    let create =
        "CREATE TABLE public.goods (id bigint PRIMARY KEY, amount int CONSTRAINT not_negative CHECK (amount >= 0))";
    tx.execute(&sql(create), []).await?;
    tx.commit().await?;
    Ok(database)
}

/// The single number that a query returns.
pub(crate) async fn number(database: &Database, query: &'static str) -> anyhow::Result<i64> {
    let tx = database.begin_batch().await?;
    let rows = tx.query(&sql(query), []).await?;
    tx.commit().await?;
    Ok(rows[0].try_get(0)?)
}
