//! No secret and no value of a row is in logs, metrics, `/jobs` or `/ready`.

use crate::{
    fixture::{Fixture, items},
    service::Service,
};

#[tokio::test]
async fn nothing_that_is_shown_has_a_password_or_a_value() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.source.batch_execute("UPDATE items SET title = 'sesame ' || id").await?;
    fixture
        .target
        .batch_execute(
            "CREATE TABLE refuses (id int PRIMARY KEY, title text CHECK (title <> 'sesame 7'), updated_at timestamp)",
        )
        .await?;
    let refuses = |text: &str| {
        text.replace("EXISTS items", "EXISTS refuses")
            .replace("INTO items", "INTO refuses")
            .replace("TABLE: items", "TABLE: refuses")
    };
    fixture.write_job("refuses.yaml", &refuses(&items("")));
    let casts = items("")
        .replace("SELECT id, title", "SELECT id, title::int")
        .replace("EXISTS items", "EXISTS casts")
        .replace("INTO items", "INTO casts")
        .replace("TABLE: items", "TABLE: casts");
    fixture.write_job("casts.yaml", &casts);
    let secret = |url: &str| url.replacen("tagmill@", "tagmill:hunter2@", 1);
    let (source, target) = (secret(&fixture.source_url), secret(&fixture.target_url));
    let service = Service::start(&fixture, &[("SOURCE_DATABASE_URL", &source), ("TARGET_DATABASE_URL", &target)]);
    service.until_job("items", "ok").await?;
    service.until_job("refuses", "failed").await?;
    service.until_job("casts", "failed").await?;
    let mut shown = vec![fixture.log(), service.log()];
    for path in ["/jobs", "/jobs.json", "/metrics", "/ready"] {
        shown.push(service.get(path)?.1);
    }
    assert!(shown[0].contains("23514"), "{}", shown[0]);
    for text in shown {
        assert!(!text.contains("hunter2") && !text.contains("sesame"), "{text}");
    }
    // The person who may read A finds the row there.
    let detail =
        crate::fixture::texts(&fixture.target, "SELECT detail FROM elt.runs WHERE job = 'refuses' LIMIT 1").await?;
    assert!(detail[0].contains("sesame 7"), "{detail:?}");
    Ok(())
}
