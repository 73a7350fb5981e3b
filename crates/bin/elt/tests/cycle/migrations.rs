//! Migrations of schema `elt`: once, in order, also as a role that only owns the schema.

use database::{Database, Settings, Statement};
use futures_util::future::try_join_all;

const CREATE_SCHEMA: Statement = Statement { name: "create_schema", sql: "CREATE SCHEMA elt AUTHORIZATION elt_owner" };

#[tokio::test]
async fn schema_elt_has_migrations_of_its_own_and_needs_no_right_to_create_schemas() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let url = stack.create_database(&stack.fresh_name("elt_migrations").await?).await?;
    let settings = Settings::from_url(&url, None, 1)?;
    let needed = elt::MIGRATIONS.pending(&settings).await?;
    assert!(!needed.is_empty());
    assert_eq!(try_join_all((0..5).map(|_| elt::MIGRATIONS.apply(&settings))).await?.concat(), needed);
    assert_eq!(elt::MIGRATIONS.pending(&settings).await?, Vec::<String>::new());

    // A role that owns a schema and may do nothing else.
    stack.create_role("elt_owner").await?;
    let url = stack.create_database(&stack.fresh_name("elt_migrations").await?).await?;
    let transaction = Database::new(&Settings::from_url(&url, None, 1)?).begin().await?;
    transaction.execute(&CREATE_SCHEMA, []).await?;
    transaction.commit().await?;
    let owned = Settings::from_url(&url.replace("//tagmill@", "//elt_owner@"), None, 1)?;
    assert_eq!(elt::MIGRATIONS.apply(&owned).await?, needed);
    Ok(())
}
