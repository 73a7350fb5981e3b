//! Every statement of `sql/segments` is understood by the schema that the migrations build.

use std::fs;

use crate::fixture::Fixture;

#[tokio::test]
async fn every_statement_prepares() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let settings = database::Settings::from_url(&fixture.url, None, 1)?;
    let client = database::connect(&settings).await?.client;
    client.batch_execute("SET search_path = pg_catalog, pg_temp; BEGIN").await?;
    // Other statements use the temporary tables that these create.
    for table in ["given", "found", "planned"] {
        let file = format!("{}/../../../sql/segments/items/create_{table}_items.sql", env!("CARGO_MANIFEST_DIR"));
        client.batch_execute(&fs::read_to_string(file)?).await?;
    }
    let mut count = 0;
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/segments"))? {
        let folder = folder?.path();
        if !folder.is_dir() || folder.ends_with("migrations") {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let file = entry?.path();
            let prepared = client.prepare(&fs::read_to_string(&file)?).await;
            anyhow::ensure!(prepared.is_ok(), "{}: {:?}", file.display(), prepared.err());
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
    Ok(())
}

#[tokio::test]
async fn buckets_in_sql_are_those_in_rust() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let rows = fixture
        .rows(
            "SELECT name, guid, segments.bucket(name, guid) FROM unnest(ARRAY['AVITO_MUSIC_SERVICE', 'Любитель пиццы', 'A', '']) AS name,
             LATERAL (SELECT gen_random_uuid() AS guid, name AS n FROM generate_series(1, 500)) AS guids",
        )
        .await?;
    assert_eq!(rows.len(), 2000);
    for row in rows {
        let [name, guid, bucket] = row.split('|').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(segments::bucket::bucket(name, guid.parse()?).to_string(), bucket, "{row}");
    }
    Ok(())
}
