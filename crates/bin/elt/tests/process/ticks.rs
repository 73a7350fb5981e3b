//! What happens at ticks: cycles, EVERY, TIMEOUT, skipped ticks, the history, the page and the metrics.

use crate::{
    fixture::{Fixture, items, rows, texts},
    service::{Service, until},
};

#[tokio::test]
async fn each_tick_copies_what_has_changed_and_sigterm_ends_the_service() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.target.batch_execute(
        "INSERT INTO elt.runs (target, job, finished_at, outcome, seconds, read, unchanged, inserted, updated, deleted, repaired, missing)
         VALUES ('old', 'old', now() - interval '31 days', 'ok', 1, 0, 0, 0, 0, 0, 0, 0)",
    ).await?;
    let service = Service::start(&fixture, &[]);
    let job = service.until_job("items", "ok").await?;
    assert_eq!(
        (&job["target"], &job["inserted"]),
        (&"public.items".into(), &100.into()),
        "the first tick is at the start"
    );
    assert_eq!(service.get("/health")?, (200, "healthy".to_owned()));
    assert_eq!(service.get("/ready")?, (200, r#"{"ready":true,"reasons":[]}"#.to_owned()));
    fixture
        .source
        .batch_execute(
            "UPDATE items SET title = 'new', updated_at = localtimestamp WHERE id = 7; DELETE FROM items WHERE id = 8",
        )
        .await?;
    let equal = async || Ok(rows(&fixture.source).await? == rows(&fixture.target).await?);
    assert!(until(equal).await?, "{}", service.log());
    let metrics = service.until("/metrics", "job=\"items\",kind=\"deleted\"} 1").await?;
    for line in [
        "tagmill_elt_rows_total{service=\"elt-service\",job=\"items\",kind=\"inserted\"} 100",
        "tagmill_elt_rows_total{service=\"elt-service\",job=\"items\",kind=\"updated\"} 1",
        "tagmill_elt_rows_total{service=\"elt-service\",job=\"items\",kind=\"deleted\"} 1",
        "tagmill_elt_deletes_held{service=\"elt-service\",job=\"items\"} 0",
        "tagmill_elt_period_seconds{service=\"elt-service\",job=\"items\"} 1",
        "tagmill_dependency_waiting{service=\"elt-service\",dependency=\"source\"} 0",
        "tagmill_dependency_waiting{service=\"elt-service\",dependency=\"target\"} 0",
        "tagmill_ready{service=\"elt-service\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let pruned = async || Ok(texts(&fixture.target, "SELECT job FROM elt.runs WHERE job = 'old'").await?.is_empty());
    assert!(until(pruned).await?, "RUNS_KEEP");
    let (code, log) = service.stop().await?;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("\"message\":\"stopped\""), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_job_that_takes_longer_than_the_period_skips_ticks_and_holds_up_no_other() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let slow = items("TIMEOUT: 4s")
        .replace("SELECT id, title", "SELECT (SELECT id FROM pg_sleep(60)), title")
        .replace("items (", "slow (")
        .replace("INTO items", "INTO slow")
        .replace("TABLE: items", "TABLE: slow");
    fixture.write_job("slow.yaml", &slow);
    let service = Service::start(&fixture, &[]);
    service
        .until("/metrics", "tagmill_elt_cycles_total{service=\"elt-service\",job=\"items\",outcome=\"ok\"} 3")
        .await?;
    let metrics = service.get("/metrics")?.1;
    assert!(!metrics.contains("job=\"slow\",outcome=\"late\"} 0"), "{metrics}");
    let job = service.until_job("slow", "failed").await?;
    let note = job["note"].as_str().unwrap();
    assert!(note.starts_with("jobs/slow.yaml: ") && note.contains("TIMEOUT"), "{note}");
    Ok(())
}

#[tokio::test]
async fn a_job_with_every_runs_less_often() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.write_job(
        "rare.yaml",
        &items("EVERY: 1h")
            .replace("INTO items", "INTO rare")
            .replace("EXISTS items", "EXISTS rare")
            .replace("TABLE: items", "TABLE: rare"),
    );
    let service = Service::start(&fixture, &[]);
    service
        .until("/metrics", "tagmill_elt_cycles_total{service=\"elt-service\",job=\"items\",outcome=\"ok\"} 3")
        .await?;
    let metrics = service.get("/metrics")?.1;
    assert!(
        metrics.contains("tagmill_elt_cycles_total{service=\"elt-service\",job=\"rare\",outcome=\"ok\"} 1"),
        "{metrics}"
    );
    assert!(metrics.contains("tagmill_elt_period_seconds{service=\"elt-service\",job=\"rare\"} 3600"), "{metrics}");
    Ok(())
}

#[tokio::test]
async fn the_page_is_in_two_languages_and_loads_nothing_from_elsewhere() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture, &[]);
    service.until_job("items", "ok").await?;
    let (russian, english) = (service.get("/jobs")?.1, service.get("/jobs?lang=en&theme=dark")?.1);
    assert!(russian.contains("<html lang=\"ru\">") && russian.contains("в порядке"), "{russian}");
    assert!(
        english.contains("<html lang=\"en\" data-theme=\"dark\">") && english.contains("public.items"),
        "{english}"
    );
    for page in [&russian, &english] {
        assert!(!page.contains("<script") && !page.contains("//"), "{page}");
    }
    assert!(service.get("/jobs/page.css")?.1.contains("prefers-color-scheme: dark"));
    Ok(())
}

#[tokio::test]
async fn a_cron_line_is_a_schedule() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture, &[("SCHEDULE", "* * * * * *")]);
    service.until("/metrics", "job=\"items\",outcome=\"ok\"} 3").await?;
    let metrics = service.get("/metrics")?.1;
    assert!(metrics.contains("tagmill_elt_period_seconds{service=\"elt-service\",job=\"items\"}"), "{metrics}");
    assert_eq!(service.stop().await?.0, Some(0));
    Ok(())
}

#[tokio::test]
async fn memory_does_not_grow_with_the_table() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture
        .source
        .batch_execute(
            "INSERT INTO items SELECT n, repeat('x', 200), localtimestamp FROM generate_series(101, 300000) AS n",
        )
        .await?;
    let service = Service::start(&fixture, &[("SCHEDULE", "1h")]);
    let job = service.until_job("items", "ok").await?;
    assert_eq!(job["inserted"], 300_000);
    assert!(service.peak_memory() <= 64 * 1024, "{} KiB", service.peak_memory());
    Ok(())
}
