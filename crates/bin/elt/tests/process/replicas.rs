//! Two replicas: each tick belongs to one of them, and one that was frozen puts nothing old over anything new.

use nix::sys::signal::Signal;

use crate::{
    fixture::{Fixture, rows, texts},
    service::{Service, until},
};

const PLACES: &str = "SELECT ctid::text || ' ' || xmin::text FROM items ORDER BY id";

#[tokio::test]
async fn two_replicas_copy_once_and_a_paused_one_overwrites_nothing() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let (first, second) = (Service::start(&fixture, &[]), Service::start(&fixture, &[]));
    first.until_job("items", "ok").await?;
    second.until_job("items", "ok").await?;
    second.until("/metrics", "tagmill_elt_cycles_total{service=\"elt-service\",job=\"items\"").await?;
    let equal = async || Ok(rows(&fixture.source).await? == rows(&fixture.target).await?);
    for round in 0..3 {
        first.signal(Signal::SIGSTOP);
        let change = format!(
            "UPDATE items SET title = 'round {round}', updated_at = localtimestamp; DELETE FROM items WHERE id = {round} + 1"
        );
        fixture.source.batch_execute(&change).await?;
        // A replica frozen in the middle of a cycle holds the lock until A ends its transaction.
        let end = "SELECT pg_terminate_backend(pid, 10000)::text FROM pg_locks WHERE locktype = 'advisory' AND classid = 7224647
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        texts(&fixture.target, end).await?;
        assert!(until(equal).await?, "{}", second.log());
        let places = texts(&fixture.target, PLACES).await?;
        first.signal(Signal::SIGCONT);
        let runs = "SELECT count(*)::text FROM elt.runs WHERE finished_at > clock_timestamp() - interval '3 s'";
        let before = texts(&fixture.target, "SELECT max(id)::text FROM elt.runs").await?;
        let more = async || {
            let newest = texts(&fixture.target, "SELECT (max(id) - 2)::text FROM elt.runs").await?;
            Ok(newest[0].parse::<i64>()? > before[0].parse::<i64>()?)
        };
        assert!(until(more).await?, "{:?}", texts(&fixture.target, runs).await?);
        assert_eq!(texts(&fixture.target, PLACES).await?, places, "round {round}: rows were written again");
        assert_eq!(rows(&fixture.source).await?, rows(&fixture.target).await?, "round {round}");
    }
    for service in [first, second] {
        assert_eq!(service.stop().await?.0, Some(0));
    }
    Ok(())
}
