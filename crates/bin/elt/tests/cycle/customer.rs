//! The customer's two job files, byte for byte.

use elt::Job;

use crate::fixture::{Fixture, rows};

const PRODUCTS: &str = "CREATE TABLE products (product_id int PRIMARY KEY, title varchar NOT NULL, price decimal(10,2),
    category varchar, stock_quantity int, created_at timestamp NOT NULL DEFAULT current_timestamp,
    updated_at timestamp NOT NULL DEFAULT current_timestamp)";
const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, name varchar, email varchar,
    created_at timestamp NOT NULL DEFAULT current_timestamp, updated_at timestamp NOT NULL DEFAULT current_timestamp)";

fn products() -> Job {
    Job::parse("jobs/products.json", include_bytes!("../it/customer/products.json")).unwrap()
}

fn users() -> Job {
    Job::parse("jobs/users.json", include_bytes!("../it/customer/users.json")).unwrap()
}

async fn assert_equal(fixture: &Fixture, table: &str) -> anyhow::Result<()> {
    let all = format!("SELECT * FROM {table}");
    assert_eq!(rows(&fixture.target, &all).await?, rows(&fixture.source, &all).await?);
    Ok(())
}

#[tokio::test]
async fn products_with_one_title_and_no_category_are_copied_deleted_and_renamed() -> anyhow::Result<()> {
    let fixture = Fixture::with(PRODUCTS, &products()).await?;
    fixture
        .write(
            "INSERT INTO products VALUES (1, 'Tea', 3.50, 'Drinks', 5), (2, 'Tea', 4, 'Drinks', 6),
             (3, 'Cup', 2.25, NULL, 1), (4, 'Cup', 2.75, NULL, 1), (5, 'Pot', NULL, NULL, NULL), (6, 'Jar', 1, 'Glass', 0)",
        )
        .await?;
    let outcome = fixture.good(&products()).await?;
    assert_eq!((outcome.counts.read, outcome.counts.inserted), (6, 6));
    assert_equal(&fixture, "products").await?;

    // One of two with the same keys goes, one whose category is NULL goes, one is renamed without a stamp.
    fixture
        .write(
            "DELETE FROM products WHERE product_id IN (2, 5); UPDATE products SET title = 'Vase' WHERE product_id = 6",
        )
        .await?;
    let outcome = fixture.good(&products()).await?;
    // Found by its key, or by the cursor as long as LAG reads it again.
    assert_eq!((outcome.counts.deleted, outcome.counts.repaired + outcome.counts.updated), (2, 1), "{outcome:?}");
    assert_equal(&fixture, "products").await?;

    let outcome = fixture.good(&products()).await?;
    assert_eq!(outcome.counts.changed(), 0, "{outcome:?}");
    Ok(())
}

#[tokio::test]
async fn users_are_inserted_updated_and_deleted() -> anyhow::Result<()> {
    let fixture = Fixture::with(USERS, &users()).await?;
    fixture
        .write("INSERT INTO users SELECT n, 'name ' || n, NULLIF(n % 3, 0) || '@x' FROM generate_series(1, 500) AS n")
        .await?;
    assert_eq!(fixture.good(&users()).await?.counts.inserted, 500);
    assert_equal(&fixture, "users").await?;

    fixture
        .write(
            "UPDATE users SET name = 'new', updated_at = localtimestamp WHERE id % 50 = 0;
             DELETE FROM users WHERE id % 50 = 1; INSERT INTO users VALUES (1001, 'late', NULL)",
        )
        .await?;
    let counts = fixture.good(&users()).await?.counts;
    assert_eq!((counts.inserted, counts.updated, counts.deleted), (1, 10, 10), "{counts:?}");
    assert_equal(&fixture, "users").await
}
