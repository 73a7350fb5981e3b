//! Pages of members: the last against the first, now and at an instant, and members at an instant against a replay.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::million::create;
use super::servers::{Arena, Servers};
use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::output::series::Series;

/// Members of a page: the most that are allowed.
const LIMIT: u64 = 1000;

/// How often each page is read.
const TIMES: usize = 100;

/// Tuesday of the third week of `fill_versions.sql`, and three other instants.
const INSTANTS: [&str; 4] =
    ["2026-11-17T12:00:00Z", "2026-11-02T00:00:01Z", "2026-11-11T23:59:59.5Z", "2026-11-24T00:00:00Z"];

const FILL: &str = include_str!("../../../sql/segments/fill_versions.sql");

const FIRST: Figure = Figure::new("segments_page_first_ms", "first page of 1,000 members, ms", 2);
const LAST: Figure = Figure::new("segments_page_last_ms", "last page, ms", 2);
const OVER: Figure = Figure::new("segments_page_last_over_first", "last page ÷ first", 2);
const FIRST_AS_OF: Figure = Figure::new("segments_as_of_first_ms", "first page of last Tuesday, ms", 2);
const LAST_AS_OF: Figure = Figure::new("segments_as_of_last_ms", "last page of last Tuesday, ms", 2);
const OVER_AS_OF: Figure = Figure::new("segments_as_of_last_over_first", "last Tuesday: last page ÷ first", 2);

/// The members of the imported segment now.
pub(super) async fn pages(servers: &Servers, arena: &Arena, report: &mut Report) -> Result<()> {
    servers.checkpoint().await?;
    let walk = walk(arena, "/api/v2/segments/imported/members?limit=1000").await?;
    ensure!(walk.members == (1..=servers.rows).collect::<Vec<_>>(), "the pages have other members");
    measure(arena, &walk, [FIRST, LAST, OVER], report).await
}

/// Members of a segment with four memberships of each user, at instants.
pub(super) async fn as_of(servers: &Servers, report: &mut Report) -> Result<()> {
    tell("segments: four memberships of each user");
    let arena = servers.arena("versions").await?;
    create(&arena, "versions").await?;
    arena.database.batch_execute(&FILL.replace("$ROWS", &servers.rows.to_string())).await?;
    arena.database.batch_execute("VACUUM ANALYZE segments.memberships").await?;
    servers.checkpoint().await?;
    for (number, instant) in INSTANTS.into_iter().enumerate() {
        let walk = walk(&arena, &format!("/api/v2/segments/versions/members?limit=1000&as_of={instant}")).await?;
        let expected = replay(servers.rows, seconds(instant)?);
        ensure!(walk.members == expected, "{instant}: {} members, not {}", walk.members.len(), expected.len());
        tell(format!("segments: {instant}: {} members, as replayed", expected.len()));
        if number == 0 {
            measure(&arena, &walk, [FIRST_AS_OF, LAST_AS_OF, OVER_AS_OF], report).await?;
        }
    }
    arena.audit().await?;
    arena.close(servers).await
}

/// All pages of a list.
struct Walk {
    members: Vec<u64>,
    first: String,
    /// The last whole page.
    last: String,
}

async fn walk(arena: &Arena, path: &str) -> Result<Walk> {
    let mut connection = arena.connection();
    let (mut at, mut last, mut members) = (path.to_owned(), path.to_owned(), Vec::new());
    loop {
        let answer = connection.get(&at).await?;
        ensure!(answer.status == 200, "{answer:?}");
        let page: Value = serde_json::from_str(&answer.body)?;
        let items = page["items"].as_array().context("no items")?;
        members.extend(items.iter().filter_map(|item| item["user"]["user_id"].as_u64()));
        if items.len() as u64 == LIMIT {
            last.clone_from(&at);
        }
        match page["next"].as_str() {
            Some(next) => at = format!("{}?limit=1000&cursor={next}", path.split('?').next().unwrap_or_default()),
            None => return Ok(Walk { members, first: path.to_owned(), last }),
        }
    }
}

/// The first and the last whole page, alternating.
async fn measure(arena: &Arena, walk: &Walk, figures: [Figure; 3], report: &mut Report) -> Result<()> {
    let mut connection = arena.connection();
    let mut took = [Series::default(), Series::default()];
    for _ in 0..TIMES {
        for (series, path) in took.iter_mut().zip([&walk.first, &walk.last]) {
            let began = Instant::now();
            let answer = connection.get(path).await?;
            series.push(began.elapsed().as_secs_f64() * 1000.0);
            ensure!(answer.status == 200, "{answer:?}");
        }
    }
    let [first, last] = took.map(|series| series.median());
    let [first_figure, last_figure, over] = figures;
    report.push(first_figure, first);
    report.push(last_figure, last);
    report.push(over, last / first);
    Ok(())
}

/// The users whose events until an instant are one more added than removed: the formula of `fill_versions.sql`.
fn replay(rows: u64, at: f64) -> Vec<u64> {
    let is_member = |user: &u64| {
        let events = (0..4).flat_map(|week| {
            let began = week * 604_800 + (user * 7919 + week * 104_729) % 259_200;
            [(began, 1), (began + 3600 + (user * 104_729 + week * 7919) % 259_200, -1)]
        });
        events.filter(|(second, _)| *second as f64 <= at).map(|(_, change)| change).sum::<i32>() == 1
    };
    (1..=rows).filter(is_member).collect()
}

/// Seconds from Monday 2026-11-02 to an instant of November.
fn seconds(instant: &str) -> Result<f64> {
    let time = instant.trim_end_matches('Z').strip_prefix("2026-11-").context("not in November")?;
    let (day, time) = time.split_once('T').context("no time")?;
    let parts: Vec<f64> = time.split(':').map(str::parse).collect::<Result<_, _>>()?;
    let [hours, minutes, seconds] = parts[..] else { anyhow::bail!("no time: {instant}") };
    Ok((day.parse::<f64>()? - 2.0) * 86_400.0 + hours * 3600.0 + minutes * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_count_from_the_first_monday() {
        assert_eq!(seconds("2026-11-02T00:00:01Z").unwrap(), 1.0);
        assert_eq!(seconds("2026-11-17T12:00:00Z").unwrap(), 15.5 * 86_400.0);
    }

    #[test]
    fn a_member_has_joined_and_not_left() {
        // User 1 joins at 7919 seconds, for 3600 + 104729.
        assert!(!replay(1, 7918.5).contains(&1) && replay(1, 7919.0).contains(&1));
        assert!(replay(1, 116_247.5).contains(&1) && !replay(1, 116_248.0).contains(&1));
    }
}
