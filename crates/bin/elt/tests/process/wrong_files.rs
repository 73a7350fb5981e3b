//! `validate` on wrong job files: file, line, key, remedy.

use crate::fixture::{Fixture, items};

/// What makes the file wrong: its name, a text of the right file, and what stands there instead.
const WRONG: [(&str, &str, &str); 28] = [
    ("unique_index_missing", "id int PRIMARY KEY", "id int"),
    ("table_missing_in_source", "updated_at FROM items", "updated_at FROM absent"),
    ("column_missing_in_source", "SELECT id, title,", "SELECT id, name,"),
    ("column_missing_in_target", "(id, title, updated_at) VALUES", "(id, name, updated_at) VALUES"),
    ("column_of_excluded_missing", "EXCLUDED.title", "EXCLUDED.name"),
    ("more_columns_than_placeholders", "SELECT id, title,", "SELECT id, title, title AS more,"),
    ("more_placeholders_than_columns", "SELECT id, title, updated_at", "SELECT id, updated_at"),
    ("keys_of_another_name", "SELECT id FROM items", "SELECT id AS number FROM items"),
    ("more_keys", "SELECT id FROM items", "SELECT id, title FROM items"),
    ("key_column_missing", "KEY_COLUMNS: id", "KEY_COLUMNS: [id, name]"),
    (
        "key_column_not_in_target",
        "SELECT id FROM items\nTARGET_TABLE: items\nKEY_COLUMNS: id",
        "SELECT id AS nr FROM items\nTARGET_TABLE: items\nKEY_COLUMNS: nr",
    ),
    ("syntax_of_the_source", "updated_at > %s", "updated_at > > %s"),
    ("syntax_of_the_table", "title text,", "title text text,"),
    ("type_of_the_table", "title text,", "title string,"),
    ("watermark_of_a_number", "updated_at > %s", "id > %s"),
    ("types_that_do_not_fit", "id int PRIMARY KEY", "id date PRIMARY KEY"),
    ("function_missing", "SELECT id, title,", "SELECT id, tidy(title) AS title,"),
    ("ambiguous_column", "updated_at FROM items WHERE", "updated_at FROM items JOIN items AS other USING (id) WHERE"),
    ("schema_missing", "TARGET_TABLE: items", "TARGET_TABLE: mart.items"),
    ("soft_without_its_column", "KEY_COLUMNS: id", "KEY_COLUMNS: id\nDELETE: soft"),
    ("unknown_key", "KEY_COLUMNS: id", "KEY_COLUMN: id"),
    ("unknown_option", "KEY_COLUMNS: id", "KEY_COLUMNS: id\nDELETE_RATIO: 0.5"),
    ("ratio_out_of_range", "KEY_COLUMNS: id", "KEY_COLUMNS: id\nMAX_DELETE_RATIO: 20"),
    ("duration_without_unit", "KEY_COLUMNS: id", "KEY_COLUMNS: id\nLAG: 60"),
    ("placeholder_in_quotes", "updated_at > %s", "updated_at > '%s'"),
    (
        "no_on_conflict",
        "\n  ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title, updated_at = EXCLUDED.updated_at",
        "",
    ),
    ("query_that_writes", "SELECT id FROM items", "DELETE FROM items RETURNING id"),
    ("table_without_if_not_exists", "CREATE TABLE IF NOT EXISTS", "CREATE TABLE"),
];

#[tokio::test]
async fn every_wrong_file_is_refused_with_line_key_and_remedy() -> anyhow::Result<()> {
    let fixture = Fixture::empty().await?;
    fixture.source.batch_execute(crate::fixture::ITEMS).await?;
    for (name, right, wrong) in WRONG {
        let text = items("");
        assert!(text.contains(right), "{name}");
        let mut text = text.replacen(right, wrong, 1);
        if name == "schema_missing" {
            text = text.replace("EXISTS items", "EXISTS mart.items").replace("INTO items", "INTO mart.items");
        }
        fixture.write_job(&format!("{name}.yaml"), &text);
    }
    let (code, text) = fixture.run(&["validate"]);
    assert_eq!(code, Some(64), "{text}");
    for (name, ..) in WRONG {
        let begins = format!("jobs/{name}.yaml:");
        assert!(text.lines().any(|line| line.starts_with(&begins) && line.contains(": ")), "{name} in {text}");
        assert!(!text.contains(&format!("{begins} ok")), "{name} in {text}");
    }
    insta::assert_snapshot!("wrong_files", text);
    // Nothing stays of it.
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    assert!(crate::fixture::texts(&fixture.target, tables).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn validate_warns_of_likely_mistakes() -> anyhow::Result<()> {
    let fixture = Fixture::empty().await?;
    fixture
        .source
        .batch_execute("CREATE TABLE items (id int PRIMARY KEY, title numeric, updated_at timestamp)")
        .await?;
    fixture.write_job("lossy.yaml", &items("").replace("title text", "title int"));
    fixture.write_job(
        "clock.yaml",
        &items("")
            .replace("SELECT id, title, updated_at", "SELECT id, title, updated_at + '0'::interval AS updated_at"),
    );
    fixture.write_job(
        "keys.yaml",
        &items("").replace("SELECT id FROM", "SELECT title FROM").replace("COLUMNS: id", "COLUMNS: title"),
    );
    fixture.write_job("whole.yaml", &items("").replace(" WHERE updated_at > %s", ""));
    fixture.write_job(
        "rows.yaml",
        &items("").replace(
            "INSERT INTO items (id, title, updated_at) VALUES (%s, %s, %s)",
            "INSERT INTO items (id, title, updated_at) SELECT %s, %s, %s",
        ),
    );
    insta::assert_snapshot!("warnings", fixture.good(&["validate"]));
    let line = fixture.good(&["validate", "jobs/lossy.yaml", "--json"]);
    let line: serde_json::Value = serde_json::from_str(&line)?;
    assert_eq!((&line["valid"], &line["cursor"]), (&true.into(), &"updated_at".into()), "{line}");
    Ok(())
}
