//! The folder of job files: bad files, files that come, change and go, a folder that goes.

use std::fs;

use crate::{
    fixture::{Fixture, items, rows},
    service::{Service, until},
};

#[tokio::test]
async fn a_bad_file_affects_no_other_and_runs_when_it_is_mended() -> anyhow::Result<()> {
    let fixture = Fixture::empty().await?;
    fixture.source.batch_execute(crate::fixture::ITEMS).await?;
    fixture.source.batch_execute("CREATE TABLE others AS SELECT * FROM items").await?;
    fixture.write_job("others.yaml", &items("").replace("items", "others"));
    fixture.write_job("items.yaml", &items("").replace("%s, %s, %s", "%s, %s"));
    let service = Service::start(&fixture, &[]);
    service.until_job("others", "ok").await?;
    let job = service.until_job("items", "invalid").await?;
    let note = job["note"].as_str().unwrap();
    assert!(note.starts_with("jobs/items.yaml:4: UPSERT_TARGET_SQL: "), "{note}");
    service.until("/metrics", "job=\"items\",outcome=\"invalid\"} 4").await?;
    assert_eq!(
        fixture.log().matches("jobs/items.yaml:4: UPSERT_TARGET_SQL").count(),
        2,
        "once, and as CRITICAL: {}",
        fixture.log()
    );
    assert!(
        fixture.log().contains(" CRITICAL the job file has been invalid for 3 cycles job=items"),
        "{}",
        fixture.log()
    );
    assert_eq!(service.get("/ready")?.0, 200, "a bad file is the analyst's affair");
    fixture.write_job("items.yaml", &items(""));
    service.until_job("items", "ok").await?;
    assert_eq!(rows(&fixture.source).await?, rows(&fixture.target).await?);
    Ok(())
}

#[tokio::test]
async fn a_job_that_fails_affects_no_other_and_is_critical_after_three_cycles() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.write_job(
        "absent.yaml",
        &items("")
            .replace("FROM items", "FROM absent")
            .replace("INTO items", "INTO absent")
            .replace("EXISTS items", "EXISTS absent")
            .replace("TABLE: items", "TABLE: absent"),
    );
    let service = Service::start(&fixture, &[]);
    service.until_job("items", "ok").await?;
    let job = service.until_job("absent", "failed").await?;
    let note = job["note"].as_str().unwrap();
    assert!(note.starts_with("jobs/absent.yaml:2: SELECT_SOURCE_SQL: source: 42P01 "), "{note}");
    assert!(note.ends_with("; look at the name of the table and its schema"), "{note}");
    assert!(until(async || Ok(fixture.log().contains(" CRITICAL jobs/absent.yaml:2: "))).await?, "{}", fixture.log());
    Ok(())
}

#[tokio::test]
async fn a_copy_of_a_file_does_not_stop_the_job() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture, &[]);
    service.until_job("items", "ok").await?;
    fixture.write_job("a_copy.yaml", &items(""));
    let job = service.until_job("a_copy", "invalid").await?;
    assert!(job["note"].as_str().unwrap().contains("public.items is filled by jobs/items.yaml already"), "{job}");
    fixture.source.batch_execute("DELETE FROM items WHERE id = 1").await?;
    let equal = async || Ok(rows(&fixture.source).await? == rows(&fixture.target).await?);
    assert!(until(equal).await?);
    // Without the original the copy continues with its state.
    fs::remove_file(fixture.path("jobs/items.yaml"))?;
    let job = service.until_job("a_copy", "ok").await?;
    assert_eq!((&job["inserted"], &job["target"]), (&0.into(), &"public.items".into()), "{job}");
    Ok(())
}

#[tokio::test]
async fn an_unreadable_jobs_folder_removes_no_job() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture, &[]);
    service.until_job("items", "ok").await?;
    fs::rename(fixture.path("jobs"), fixture.path("elsewhere"))?;
    service.until("/ready", "jobs-unreadable").await?;
    assert_eq!(service.get("/ready")?.0, 503);
    assert!(fixture.log().contains(" CRITICAL JOBS_DIR cannot be read"), "{}", fixture.log());
    assert_eq!(service.job("items")?["state"], "ok");
    fs::rename(fixture.path("elsewhere"), fixture.path("jobs"))?;
    service.until("/ready", r#"{"ready":true"#).await?;
    fixture.source.batch_execute("DELETE FROM items WHERE id = 1").await?;
    let equal = async || Ok(rows(&fixture.source).await? == rows(&fixture.target).await?);
    assert!(until(equal).await?);
    Ok(())
}
