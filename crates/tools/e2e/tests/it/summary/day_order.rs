//! Tests of the order of stale days: today does not wait for old days, no day waits for a failing one, and the age is
//! that of the oldest note.

use anyhow::{Result, ensure};
use harness::{Layer, Workload, until};

use super::{Fixture, WAIT_TIMEOUT};

/// Very many old days, noted an hour ago.
const OLD_DAYS: &str = "
    INSERT INTO cdm_summary.stale_days (day, noted_at)
    SELECT DATE '1990-01-01' + n, (now() AT TIME ZONE 'UTC') - interval '1 hour' FROM generate_series(1, 10000) AS n";

const STALE: &str = "SELECT count(DISTINCT day) FROM cdm_summary.stale_days";

/// Wrong figures of a day, which its refresh removes, and the note of that day.
fn wrong(day: &str) -> String {
    format!(
        "INSERT INTO cdm_summary.order_hours
         VALUES ({day}, {day}, gen_random_uuid(), 'WRONG', 1000000, 0, 0, {day});
         INSERT INTO cdm_summary.stale_days (day) VALUES ({day})"
    )
}

const WRONG: &str = "SELECT count(*) FROM cdm_summary.order_hours WHERE status = 'WRONG'";

#[tokio::test]
async fn today_does_not_wait_for_old_days_and_the_age_is_that_of_the_oldest() -> Result<()> {
    let fixture = Fixture::loaded(&Workload::clean(115, 100)).await?;
    fixture.pipeline.sql(OLD_DAYS).await?;
    let under_way = async || Ok(fixture.pipeline.count(STALE).await? < 9_900);
    until("old days are being added up", WAIT_TIMEOUT, under_way).await?;
    let today = "(SELECT cdm_summary.to_moscow(now() AT TIME ZONE 'UTC')::date)";
    for day in [today.to_owned(), format!("{today} - 1")] {
        fixture.pipeline.sql(&wrong(&day)).await?;
    }
    let right = async || Ok(fixture.pipeline.count(WRONG).await? == 0);
    until("today and yesterday are added up", WAIT_TIMEOUT, right).await?;
    let left = fixture.pipeline.count(STALE).await?;
    ensure!(left > 1_000, "they have waited for almost all old days: {left} are left");

    let cdm = &fixture.services[&Layer::Cdm];
    let age = cdm.metric("tagmill_summary_age_seconds").await?;
    ensure!(age > 3_600.0, "the oldest note is older than {age} s");
    let seen = "SELECT stale_seconds > 3600, refresh_age_seconds < 600 FROM cdm.freshness";
    assert_eq!(fixture.pipeline.sql(seen).await?, ["t|t"]);
    let bad = "SELECT indicator FROM cdm.pipeline_health WHERE NOT is_good AND indicator = 'stale_days'";
    assert_eq!(fixture.pipeline.sql(bad).await?, ["stale_days"]);
    Ok(())
}

/// One day whose figures cannot be written.
const FAILING: &str = "
    CREATE FUNCTION cdm_summary.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this day fails'; END $$;
    CREATE TRIGGER failing BEFORE DELETE ON cdm_summary.order_hours
    FOR EACH ROW WHEN (OLD.hour_msk = '2025-05-02') EXECUTE FUNCTION cdm_summary.fail()";

#[tokio::test]
async fn no_day_waits_for_one_that_fails() -> Result<()> {
    let fixture = Fixture::loaded(&Workload::clean(116, 100)).await?;
    fixture.pipeline.sql(FAILING).await?;
    let days: Vec<String> = (1..=3).map(|day| wrong(&format!("'2025-05-0{day}'"))).collect();
    fixture.pipeline.sql(&format!("BEGIN; {}; COMMIT", days.join("; "))).await?;
    let others = async || Ok(fixture.pipeline.count(WRONG).await? == 1);
    until("the days beside it are added up", WAIT_TIMEOUT, others).await?;
    let cdm = &fixture.services[&Layer::Cdm];
    ensure!(cdm.metric("tagmill_summary_failures_total").await? > 0.0, "no failure is counted");
    let old = async || Ok(cdm.metric("tagmill_summary_age_seconds").await? > 0.0);
    until("its note has an age", WAIT_TIMEOUT, old).await?;
    fixture.pipeline.sql("DROP TRIGGER failing ON cdm_summary.order_hours").await?;
    let right = async || Ok(fixture.pipeline.count(WRONG).await? == 0);
    until("it is tried again", WAIT_TIMEOUT, right).await?;
    fixture.wait_idle().await?;
    fixture.assert_right().await
}
