//! Every statement of `sql/segments` is understood by the schema that the migrations build.

use std::{collections::BTreeMap, fs};

use crate::fixture::Fixture;

#[tokio::test]
async fn every_statement_prepares() -> anyhow::Result<()> {
    let fixture = Fixture::with_warehouse().await?;
    let settings = database::Settings::from_url(&fixture.url, None, 1)?;
    let client = database::connect(&settings).await?.client;
    client.batch_execute("SET search_path = pg_catalog, pg_temp").await?;
    let files = files()?;
    // Statements may read temporary tables that others create.
    let creates = |text: &str| text.contains("CREATE TEMPORARY TABLE");
    let tables: String =
        files.values().filter(|text| creates(text)).map(|text| text.replace("ON COMMIT DROP", "") + ";").collect();
    client.batch_execute(&tables).await?;
    for (file, text) in &files {
        // COPY cannot be prepared.
        if !text.contains("COPY pg_temp") {
            let prepared = client.prepare(text).await;
            anyhow::ensure!(prepared.is_ok(), "{file}: {:?}", prepared.err());
        }
    }
    assert!(files.len() > 30, "{}", files.len());
    Ok(())
}

/// The statements, by file.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/segments"))? {
        let folder = folder?.path();
        if !folder.is_dir() || folder.ends_with("migrations") {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let file = entry?.path();
            files.insert(file.display().to_string(), fs::read_to_string(&file)?);
        }
    }
    Ok(files)
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

#[tokio::test]
async fn the_first_buckets_end_where_their_hashes_do() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    // The hash of the last user of the first buckets, and of the first user after them, for each number of buckets.
    let wrong = "SELECT buckets, hash FROM generate_series(0, 10000) AS buckets,
             LATERAL (VALUES (segments.bucket_end(buckets)), (decode('ffffffff', 'hex')), (decode('00000000', 'hex'))) AS ends (hash_end),
             LATERAL (SELECT ('x' || encode(substr(hash_end, 1, 4), 'hex'))::bit(32)::bigint AS at) AS ats,
             LATERAL (VALUES (at - 1), (at), (at + 1)) AS hashes (hash)
         WHERE hash BETWEEN 0 AND 4294967295
             AND (hash * 10000 >> 32 < buckets) <> (decode(lpad(to_hex(hash), 8, '0') || repeat('7f', 28), 'hex') < segments.bucket_end(buckets))";
    assert_eq!(fixture.rows(wrong).await?, Vec::<String>::new());
    Ok(())
}
