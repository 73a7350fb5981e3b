//! Every statement of `sql/elt` is understood by the schema that the migrations build.

use std::{fs, path::Path};

use crate::fixture::Fixture;

#[tokio::test]
async fn every_statement_prepares() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    // Dry runs make this table before they use their statements.
    let captured = "CREATE TEMP TABLE elt_captured (kind text, rows bigint, changed bigint[], keys text[])";
    fixture.target.batch_execute(captured).await?;
    let mut count = 0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../sql/elt");
    for folder in ["", "source", "state", "target"] {
        for entry in fs::read_dir(root.join(folder))? {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == "sql") {
                let prepared = fixture.target.prepare(&fs::read_to_string(&file)?).await;
                anyhow::ensure!(prepared.is_ok(), "{}: {:?}", file.display(), prepared.err());
                count += 1;
            }
        }
    }
    assert_eq!(count, 22);
    Ok(())
}
