//! The commands: new, run, verify, resync, backfill, status.

use crate::fixture::{Fixture, items, rows, texts, without_times};

#[tokio::test]
async fn new_prints_a_file_that_validate_accepts_and_run_copies() -> anyhow::Result<()> {
    let fixture = Fixture::empty().await?;
    fixture.source.batch_execute(
        "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE SCHEMA sales;
         CREATE TABLE sales.orders (region text, number int, total numeric(10,2), mood mood, modified_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (region, number));
         INSERT INTO sales.orders VALUES ('north', 1, 10.50, 'good'), ('south', 1, NULL, NULL)",
    ).await?;
    fixture.target.batch_execute("CREATE SCHEMA sales").await?;
    let file = fixture.good(&["new", "sales.orders"]);
    insta::assert_snapshot!("new", file);
    fixture.write_job("orders.yaml", &file);
    insta::assert_snapshot!("validate_of_new", fixture.good(&["validate"]));
    let json = fixture.good(&["new", "sales.orders", "--json"]);
    fixture.write_job("orders.json", &json);
    fixture.good(&["validate", "jobs/orders.json", "--offline"]);
    std::fs::remove_file(fixture.path("jobs/orders.json"))?;
    fixture.good(&["run", "orders"]);
    let orders = "SELECT orders::text FROM sales.orders ORDER BY region";
    assert_eq!(texts(&fixture.source, orders).await?, texts(&fixture.target, orders).await?);
    let (code, text) = fixture.run(&["new", "absent"]);
    assert_eq!((code, text.contains("there is no table absent")), (Some(69), true), "{text}");
    fixture.source.batch_execute("CREATE TABLE keyless (a int)").await?;
    let (code, text) = fixture.run(&["new", "keyless"]);
    assert_eq!((code, text.contains("neither a primary key nor a unique index")), (Some(69), true), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_dry_run_shows_what_a_run_then_does() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    insta::assert_snapshot!("first_dry_run", without_times(&fixture.good(&["run", "items", "--dry-run"])));
    let table = "SELECT to_regclass('items')::text WHERE to_regclass('items') IS NOT NULL";
    assert!(texts(&fixture.target, table).await?.is_empty(), "a dry run creates nothing");
    insta::assert_snapshot!("first_run", without_times(&fixture.good(&["run", "items"])));
    fixture.source.batch_execute(
        "UPDATE items SET title = 'new', updated_at = localtimestamp WHERE id <= 3; UPDATE items SET updated_at = localtimestamp WHERE id = 4;
         DELETE FROM items WHERE id > 95; INSERT INTO items VALUES (200, 'more')",
    ).await?;
    let before = rows(&fixture.target).await?;
    insta::assert_snapshot!("dry_run", without_times(&fixture.good(&["run", "items", "--dry-run"])));
    assert_eq!(rows(&fixture.target).await?, before, "nothing was changed");
    let json = fixture.json(&["run", "items", "--dry-run", "--json"]);
    assert_eq!(json["changes"]["columns"], serde_json::json!([["title", 3], ["updated_at", 4]]), "{json}");
    let outcome = fixture.json(&["run", "items", "--json"]);
    for (key, expected) in [("inserted", 1), ("updated", 4), ("deleted", 5)] {
        assert_eq!(outcome[key], expected, "{key} of {outcome}");
    }
    assert_eq!(rows(&fixture.source).await?, rows(&fixture.target).await?);
    Ok(())
}

#[tokio::test]
async fn a_dry_run_of_soft_deletes_and_of_an_upsert_row_by_row() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let soft = items("DELETE: soft")
        .replace("updated_at timestamp)", "updated_at timestamp, elt_deleted_at timestamptz)")
        .replace("(%s, %s, %s)", "(%s, %s, %s::timestamp)");
    fixture.write_job("items.yaml", &soft);
    fixture.good(&["run", "items"]);
    fixture
        .source
        .batch_execute(
            "DELETE FROM items WHERE id = 1; UPDATE items SET title = 'new', updated_at = localtimestamp WHERE id = 2",
        )
        .await?;
    let json = fixture.json(&["run", "items", "--dry-run", "--json"]);
    assert_eq!(
        (&json["changes"]["deletes"]["rows"], &json["changes"]["updates"]["rows"]),
        (&1.into(), &1.into()),
        "{json}"
    );
    fixture.write_job(
        "items.yaml",
        &items("").replace("ON CONFLICT (id) DO UPDATE", "ON CONFLICT ON CONSTRAINT items_pkey DO UPDATE").replace(
            "INSERT INTO items (id, title, updated_at) VALUES",
            "WITH one AS (SELECT 1) INSERT INTO items (id, title, updated_at) VALUES",
        ),
    );
    let json = fixture.json(&["run", "items", "--dry-run", "--json"]);
    assert_eq!(json["changes"]["updates"]["keys"], serde_json::json!(["(2)"]), "{json}");
    Ok(())
}

#[tokio::test]
async fn verify_finds_what_differs_and_resync_repairs_it() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.good(&["run", "items"]);
    insta::assert_snapshot!("verify_equal", without_times(&fixture.good(&["verify"])));
    fixture.target.batch_execute("DELETE FROM items WHERE id = 5; UPDATE items SET title = 'by hand' WHERE id = 6; INSERT INTO items VALUES (500, 'extra')").await?;
    let (code, text) = fixture.run(&["verify", "items"]);
    assert_eq!(code, Some(1), "{text}");
    insta::assert_snapshot!("verify_differs", without_times(&text));
    let json = fixture.run(&["verify", "items", "--json"]).1;
    let json: serde_json::Value = serde_json::from_str(json.lines().next().unwrap())?;
    assert_eq!(json["extra"], serde_json::json!({"rows": 1, "keys": ["(500)"]}), "{json}");
    let json = fixture.json(&["resync", "items", "--json"]);
    assert_eq!((&json["inserted"], &json["updated"], &json["deleted"]), (&1.into(), &1.into(), &1.into()), "{json}");
    fixture.good(&["verify"]);
    Ok(())
}

#[tokio::test]
async fn verify_compares_the_other_tables_if_one_cannot_be_compared() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.good(&["run", "items"]);
    fixture.write_job("absent.yaml", &items("").replace("items", "other").replace("FROM other", "FROM absent"));
    let (code, text) = fixture.run(&["verify"]);
    assert!(text.contains("absent: failed") && text.contains("items: equal, 100 rows"), "{text}");
    assert_eq!((code, text.contains("1 of 2 tables could not be compared, and 0 differ")), (Some(1), true), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_backfill_upserts_its_range_and_leaves_the_watermark() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture
        .source
        .batch_execute("UPDATE items SET updated_at = timestamp '2026-01-01' + id * interval '1 day'")
        .await?;
    fixture.good(&["run", "items"]);
    let state = "SELECT watermark::text FROM elt.jobs";
    let watermark = texts(&fixture.target, state).await?;
    fixture.target.batch_execute("UPDATE items SET title = 'by hand'; DELETE FROM items WHERE id = 10; INSERT INTO items VALUES (500, 'extra')").await?;
    let json = fixture.json(&["backfill", "items", "--from", "2026-01-06", "--to", "2026-01-11", "--json"]);
    assert_eq!(
        (&json["read"], &json["updated"], &json["inserted"], &json["deleted"]),
        (&6.into(), &5.into(), &1.into(), &0.into()),
        "{json}"
    );
    let right = "SELECT id::text FROM items WHERE title = 'title ' || id ORDER BY items.id";
    assert_eq!(texts(&fixture.target, right).await?, ["5", "6", "7", "8", "9", "10"]);
    assert_eq!(texts(&fixture.target, state).await?, watermark);
    let (code, text) = fixture.run(&["backfill", "items", "--from", "yesterday"]);
    assert_eq!((code, text.contains("`yesterday` is not a time")), (Some(64), true), "{text}");
    Ok(())
}

#[tokio::test]
async fn deletes_that_are_held_are_allowed_once() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.source.batch_execute("INSERT INTO items SELECT n, 'more' FROM generate_series(101, 1000) AS n").await?;
    fixture.good(&["run", "items"]);
    fixture.source.batch_execute("DELETE FROM items WHERE id > 700").await?;
    let (code, text) = fixture.run(&["run", "items"]);
    assert_eq!(code, Some(1), "{text}");
    insta::assert_snapshot!("held", without_times(&text));
    let status = fixture.json(&["status", "--json"]);
    assert_eq!(status["state"], "held", "{status}");
    let json = fixture.json(&["run", "items", "--allow-deletes", "--json"]);
    assert_eq!(json["deleted"], 300, "{json}");
    Ok(())
}

#[tokio::test]
async fn status_lists_jobs_with_and_without_state_and_file() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.good(&["run", "items"]);
    fixture.write_job("bad.yaml", "TARGET_TABLE: t\n");
    fixture.write_job(
        "new.yaml",
        &items("")
            .replace("TABLE: items", "TABLE: fresh")
            .replace("EXISTS items", "EXISTS fresh")
            .replace("INTO items", "INTO fresh"),
    );
    let states = |text: String| -> Vec<String> {
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| format!("{} {}", line["job"].as_str().unwrap(), line["state"].as_str().unwrap())).collect()
    };
    assert_eq!(states(fixture.good(&["status", "--json"])), ["bad invalid", "items ok", "new new"]);
    std::fs::remove_file(fixture.path("jobs/items.yaml"))?;
    assert_eq!(states(fixture.good(&["status", "--json"])), ["bad invalid", "items removed", "new new"]);
    assert!(fixture.good(&["status"]).contains("│ items ┆ removed"));
    let (code, text) = fixture.run(&["run", "items"]);
    assert_eq!((code, text.contains("there is no job items in jobs; there are: bad, new")), (Some(64), true), "{text}");
    Ok(())
}
