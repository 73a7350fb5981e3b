//! Migrations are applied once and in order, also by concurrent processes.

use database::{Database, Statement, migrate::Error};
use futures_util::future::try_join_all;
use warehouse::migrate;

use crate::fresh_database::{self, sql};

const EDITED: Statement = sql("UPDATE public.tagmill_migrations SET checksum = '1' WHERE version = 1");
const AHEAD: Statement = sql("INSERT INTO public.tagmill_migrations
    SELECT 9999, 'of_the_next_release', applied_on, checksum FROM public.tagmill_migrations LIMIT 1");

#[tokio::test]
async fn five_at_once_apply_each_migration_once() -> anyhow::Result<()> {
    let settings = fresh_database::empty().await?;
    let needed = warehouse::MIGRATIONS.pending(&settings).await?;
    assert!(!needed.is_empty());

    let applied = try_join_all((0..5).map(|_| migrate(&settings))).await?;

    assert_eq!(applied.concat(), needed);
    assert_eq!(warehouse::MIGRATIONS.pending(&settings).await?, Vec::<String>::new());
    assert_eq!(migrate(&settings).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_migration_that_was_edited_is_refused() -> anyhow::Result<()> {
    let settings = fresh_database::empty().await?;
    migrate(&settings).await?;
    change_history(&Database::new(&settings), &EDITED).await?;
    let error = migrate(&settings).await.unwrap_err();
    assert!(matches!(&error, Error::Failed { reason: why, .. } if why.contains("V1__")), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_ahead_is_left_alone() -> anyhow::Result<()> {
    let settings = fresh_database::empty().await?;
    migrate(&settings).await?;
    change_history(&Database::new(&settings), &AHEAD).await?;
    assert_eq!(migrate(&settings).await?, Vec::<String>::new());
    assert_eq!(warehouse::MIGRATIONS.pending(&settings).await?, Vec::<String>::new());
    Ok(())
}

async fn change_history(database: &Database, change: &Statement) -> anyhow::Result<()> {
    let tx = database.begin_batch().await?;
    assert_eq!(tx.execute(change, []).await?, 1);
    Ok(tx.commit().await?)
}
