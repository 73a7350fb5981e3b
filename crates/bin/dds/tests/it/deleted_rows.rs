//! Tests of rows that are deleted while a batch is running.

use tokio::try_join;

use crate::fixture::{Fixture, run, store};

/// Blocks a batch after its hubs and links are written or left out.
const HOLD_UP: &str = "LOCK TABLE dds.bv_user_product_counters IN EXCLUSIVE MODE";

/// Deletes rows that a batch with cached keys has not locked.
const DELETE: &str = "DELETE FROM dds.l_product_category";

#[tokio::test]
async fn a_batch_that_left_out_deleted_rows_is_repeated_and_inserts_them() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store(&replica, 0, &[1, 2]).await?;
    let keys = fixture.keys().await?;

    let lock = fixture.database.begin_batch().await?;
    run(&lock, HOLD_UP).await?;
    let delete = async {
        fixture.someone_waits().await?;
        assert_eq!(fixture.inserts().await?, 6, "it relies on what it knows");
        fixture.sql(DELETE).await?;
        Ok(lock.commit().await?)
    };
    try_join!(store(&replica, 2, &[1, 2]), delete)?;
    assert_eq!(fixture.inserts().await?, 12, "everything was sent again");
    assert_eq!(fixture.keys().await?, keys);
    fixture.audit().await
}

#[tokio::test]
async fn rows_deleted_during_a_batch_are_not_cached() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    store(&fixture.replica().await?, 0, &[1, 2]).await?;
    let keys = fixture.keys().await?;

    let replica = fixture.replica().await?;
    let lock = fixture.database.begin_batch().await?;
    run(&lock, HOLD_UP).await?;
    let delete = async {
        fixture.someone_waits().await?;
        fixture.sql(DELETE).await?;
        Ok(lock.commit().await?)
    };
    try_join!(store(&replica, 2, &[1, 2]), delete)?;
    assert_ne!(fixture.keys().await?, keys, "as if the batch had been first");

    store(&replica, 4, &[1, 2]).await?;
    assert_eq!(fixture.keys().await?, keys);
    fixture.audit().await
}

#[tokio::test]
async fn an_insert_of_a_row_that_is_being_deleted_waits_for_the_commit() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store(&replica, 0, &[1, 2]).await?;
    let keys = fixture.keys().await?;

    let deletion = fixture.database.begin_batch().await?;
    run(&deletion, DELETE).await?;
    let end = async {
        fixture.someone_waits().await?;
        Ok(deletion.commit().await?)
    };
    try_join!(store(&replica, 2, &[1, 2]), end)?;
    assert_eq!(fixture.keys().await?, keys);

    store(&replica, 4, &[1, 2]).await?;
    assert_eq!(fixture.inserts().await?, 12, "and they are known again");
    fixture.audit().await
}

#[tokio::test]
async fn rows_with_an_uncommitted_delete_are_neither_left_out_nor_cached() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store(&replica, 0, &[1, 2]).await?;
    let keys = fixture.keys().await?;

    let lock = fixture.database.begin_batch().await?;
    run(&lock, "SELECT 'held' FROM dds.l_product_category FOR UPDATE").await?;
    let batch = async {
        fixture.someone_waits().await?;
        store(&replica, 2, &[1, 2]).await?;
        assert_eq!(fixture.inserts().await?, 12, "the deletion has begun: nothing is known any more");
        Ok(lock.commit().await?)
    };
    try_join!(fixture.sql(DELETE), batch)?;
    assert_ne!(fixture.keys().await?, keys);

    store(&replica, 4, &[1, 2]).await?;
    assert_eq!(fixture.keys().await?, keys);
    fixture.audit().await
}
