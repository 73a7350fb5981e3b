//! Tests of the key cache: cached rows are not sent, and deleted rows are not cached.

use consumer::Outcome;

use crate::fixture::{Fixture, again, store};

/// Ways of deleting rows that a batch repairs.
const EMPTYING: [&str; 5] = [
    "TRUNCATE dds.l_product_restaurant",
    "DELETE FROM dds.l_product_category",
    "TRUNCATE dds.h_category CASCADE",
    "WITH links AS (DELETE FROM dds.l_product_restaurant), names AS (DELETE FROM dds.s_restaurant_names)
     DELETE FROM dds.h_restaurant",
    "DO $$ BEGIN SET LOCAL session_replication_role = replica; DELETE FROM dds.l_product_category; END $$",
];

#[tokio::test]
async fn cached_rows_are_not_sent() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store(&replica, 0, &[1, 2]).await?;
    assert_eq!(fixture.inserts().await?, 6);
    store(&replica, 2, &[1, 2]).await?;
    store(&replica, 4, &[2]).await?;
    assert_eq!(fixture.inserts().await?, 6, "all of it is known");
    store(&replica, 1, &[2]).await?;
    assert_eq!(fixture.inserts().await?, 7, "a new user");
    store(&replica, 3, &[2, 3]).await?;
    assert_eq!(fixture.inserts().await?, 11, "a new product, its category, and where it is found");
    assert_eq!(fixture.keys().await?.len(), 2 + 3 + 3 + 1 + 3 + 3);

    store(&fixture.replica().await?, 5, &[1, 2, 3]).await?;
    assert_eq!(fixture.inserts().await?, 17, "another replica knows nothing");
    fixture.audit().await
}

#[tokio::test]
async fn a_failed_batch_adds_nothing_to_the_cache() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    fixture.sql("ALTER TABLE dds.s_order_cost ADD CONSTRAINT no_more CHECK (false) NOT VALID").await?;
    store(&replica, 0, &[1]).await.unwrap_err();
    assert_eq!(fixture.keys().await?, Vec::<String>::new());
    fixture.sql("ALTER TABLE dds.s_order_cost DROP CONSTRAINT no_more").await?;
    store(&replica, 0, &[1]).await?;
    assert_eq!(fixture.keys().await?.len(), 6);
    fixture.audit().await
}

#[tokio::test]
async fn an_emptied_table_is_filled_by_the_next_batch() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store(&replica, 0, &[1, 2]).await?;
    let keys = fixture.keys().await?;
    for (number, emptying) in (1..).zip(EMPTYING) {
        fixture.sql(emptying).await?;
        assert!(fixture.keys().await?.len() < keys.len(), "{emptying}");
        store(&replica, 2 * number, &[1, 2]).await?;
        assert_eq!(fixture.keys().await?, keys, "{emptying}");
        fixture.audit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_changed_key_is_sent_again() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store(&replica, 0, &[1]).await?;
    let keys = fixture.keys().await?;
    fixture.sql("UPDATE dds.l_product_category SET hk_product_category_pk = gen_random_uuid()").await?;
    store(&replica, 2, &[1]).await?;
    let now = fixture.keys().await?;
    assert!(keys.iter().all(|key| now.contains(key)), "{now:?}");
    Ok(())
}

#[tokio::test]
async fn an_emptied_vault_is_filled_by_a_replica_that_has_its_keys_cached() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    for order in 0..4 {
        store(&replica, order, &[1, 2]).await?;
    }
    let keys = fixture.keys().await?;
    for emptying in [include_str!("../../../../../sql/dds/vault/truncate_vault.sql"), DELETE_ALL] {
        fixture.sql(emptying).await?;
        assert_eq!(fixture.keys().await?, Vec::<String>::new());
        for order in 0..4 {
            store(&replica, order, &[1, 2]).await?;
        }
        assert_eq!(fixture.keys().await?, keys);
        fixture.audit().await?;
        assert_eq!(again(&replica, 0, &[1, 2]).await?, [Outcome::Unchanged]);
    }
    Ok(())
}

/// Row by row, from the leaves to the hubs.
const DELETE_ALL: &str = "DO $$
    DECLARE t text;
    BEGIN
        FOREACH t IN ARRAY ARRAY['bv_order_states', 'bv_user_product_counters', 'bv_user_category_counters',
            's_user_names', 's_product_names', 's_restaurant_names', 's_order_cost', 's_order_status', 's_order_product',
            'l_order_product', 'l_product_restaurant', 'l_product_category', 'l_order_user', 'l_order_restaurant',
            'h_user', 'h_product', 'h_category', 'h_restaurant', 'h_order'] LOOP
            EXECUTE format('DELETE FROM dds.%I', t);
        END LOOP;
    END $$";
