//! Migrations: once, in order, whoever comes first.

use futures_util::future::try_join_all;
use warehouse::{Settings, Statement, Warehouse, migrate, migrate::Error, migrate_elt, pending, pending_elt};

use crate::database::{self, sql};

const EDITED: Statement = sql("UPDATE public.tagmill_migrations SET checksum = '1' WHERE version = 1");
const AHEAD: Statement = sql("INSERT INTO public.tagmill_migrations
    SELECT 9999, 'of_the_next_release', applied_on, checksum FROM public.tagmill_migrations LIMIT 1");

#[tokio::test]
async fn five_at_once_apply_each_migration_once() -> anyhow::Result<()> {
    let settings = database::empty().await?;
    let needed = pending(&settings).await?;
    assert!(!needed.is_empty());

    let applied = try_join_all((0..5).map(|_| migrate(&settings))).await?;

    assert_eq!(applied.concat(), needed);
    assert_eq!(pending(&settings).await?, Vec::<String>::new());
    assert_eq!(migrate(&settings).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn schema_elt_has_migrations_of_its_own_and_needs_no_right_to_create_schemas() -> anyhow::Result<()> {
    let settings = database::empty().await?;
    let needed = pending_elt(&settings).await?;
    assert_eq!(try_join_all((0..5).map(|_| migrate_elt(&settings))).await?.concat(), needed);
    assert_eq!(pending_elt(&settings).await?, Vec::<String>::new());
    assert!(!pending(&settings).await?.is_empty(), "the warehouse is another matter");
    migrate(&settings).await?;

    // A role that owns a schema and may do nothing else.
    let stack = devstack::shared().await?;
    stack.create_role("elt_owner").await?;
    let name = stack.fresh_name("warehouse_it").await?;
    let url = stack.create_database(&name).await?;
    let warehouse = Warehouse::new(&Settings::from_url(&url, None, 1)?);
    let tx = warehouse.begin().await?;
    tx.execute(&sql("CREATE SCHEMA elt AUTHORIZATION elt_owner"), []).await?;
    tx.commit().await?;
    let owned = Settings::from_url(&url.replace("//tagmill@", "//elt_owner@"), None, 1)?;
    assert_eq!(migrate_elt(&owned).await?, needed);
    Ok(())
}

#[tokio::test]
async fn a_migration_that_was_edited_is_refused() -> anyhow::Result<()> {
    let settings = database::empty().await?;
    migrate(&settings).await?;
    change_history(&Warehouse::new(&settings), &EDITED).await?;
    let error = migrate(&settings).await.unwrap_err();
    assert!(matches!(&error, Error::Failed(why) if why.contains("V1__")), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_ahead_is_left_alone() -> anyhow::Result<()> {
    let settings = database::empty().await?;
    migrate(&settings).await?;
    change_history(&Warehouse::new(&settings), &AHEAD).await?;
    assert_eq!(migrate(&settings).await?, Vec::<String>::new());
    assert_eq!(pending(&settings).await?, Vec::<String>::new());
    Ok(())
}

async fn change_history(warehouse: &Warehouse, change: &Statement) -> anyhow::Result<()> {
    let tx = warehouse.begin().await?;
    assert_eq!(tx.execute(change, []).await?, 1);
    Ok(tx.commit().await?)
}
