//! Users added to one segment by one client, and by sixteen at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;

use super::million::create;
use super::servers::{Arena, Servers};
use crate::output::figures::Figure;
use crate::output::report::Report;

const ADDERS: usize = 16;

const ONE: Figure = Figure::new("segments_adds_by_one_per_second", "users added by one client, 1/s", 0);
const MANY: Figure = Figure::new("segments_adds_by_16_per_second", "users added by 16 clients, 1/s", 0);
const OVER: Figure = Figure::new("segments_adders_over_one", "16 adders ÷ one", 2);

/// Measures both once; which comes first alternates.
pub(super) async fn adders(
    servers: &Servers,
    arena: &Arena,
    lasts: Duration,
    round: usize,
    report: &mut Report,
) -> Result<()> {
    create(arena, "added").await?;
    let next = AtomicU64::new(0);
    let (mut one, mut many) = (None, None);
    for turn in 0..2 {
        servers.checkpoint().await?;
        if (turn + round).is_multiple_of(2) {
            one = Some(add(servers, arena, 1, &next, lasts).await?);
        } else {
            many = Some(add(servers, arena, ADDERS, &next, lasts).await?);
        }
    }
    let (one, many) = (one.context("not measured")?, many.context("not measured")?);
    report.push(ONE, one);
    report.push(MANY, many);
    report.push(OVER, many / one);
    let (members, added) = (arena.members("added").await?, next.load(Ordering::Relaxed));
    ensure!(members == added, "{members} members, {added} added");
    Ok(())
}

/// Users added a second.
async fn add(servers: &Servers, arena: &Arena, clients: usize, next: &AtomicU64, lasts: Duration) -> Result<f64> {
    let (began, before) = (Instant::now(), next.load(Ordering::Relaxed));
    let client = |_| async {
        let mut connection = arena.connection();
        while began.elapsed() < lasts {
            let user = next.fetch_add(1, Ordering::Relaxed) + 1;
            ensure!(user <= servers.rows, "there are too few users");
            let body = "{\"add\":[{\"segment\":\"added\"}]}";
            let answer = connection.post(&format!("/api/v2/users/{user}/segments"), body).await?;
            ensure!(answer.status == 200 && answer.body.contains("\"added\":[\"added\"]"), "{answer:?}");
        }
        Ok(())
    };
    try_join_all((0..clients).map(client)).await?;
    Ok((next.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64())
}
