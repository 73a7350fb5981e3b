//! Memory is bounded whatever the size of a table: the peak of a process that runs cycles over a large one.
//!
//! `LARGE=1000000` takes that many rows and prints how long each cycle takes.

use std::{
    fs,
    process::{Command, Stdio},
    time::Instant,
};

use elt::{Servers, Status};

use crate::fixture::{Fixture, ITEMS, connect, connect_redis, items, number, options};

/// What a process may take, in KiB: that of a service.
const PEAK: u64 = 64 * 1024;

/// What the child does to M before each of its cycles, and to Redis.
const STEPS: [(&str, bool); 5] = [
    ("", false),
    ("", false),
    ("", true),
    ("UPDATE items SET title = 'x', updated_at = localtimestamp WHERE id % 100 = 0", false),
    ("DELETE FROM items WHERE id % 1000 = 1; UPDATE items SET category = 'renamed' WHERE id % 1000 = 2", false),
];

#[tokio::test]
async fn memory_is_bounded_over_a_large_table() -> anyhow::Result<()> {
    let rows: u32 = std::env::var("LARGE").map_or(Ok(150_000), |text| text.parse())?;
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    let fill = format!(
        "INSERT INTO items SELECT n, 'title ' || n, NULLIF(n % 7, 0) || repeat('x', 300), localtimestamp
         FROM generate_series(1, {rows}) AS n"
    );
    fixture.write(&fill).await?;
    let child = Command::new(std::env::current_exe()?)
        .args(["--exact", "large::cycles", "--ignored", "--nocapture"])
        .env("ELT_TEST_SOURCE", &fixture.source_url)
        .env("ELT_TEST_TARGET", &fixture.target_url)
        .env("ELT_TEST_REDIS", &fixture.redis_url)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await??;
    let text = String::from_utf8(output.stdout)?;
    anyhow::ensure!(output.status.success(), "{text}");
    println!("{text}");
    let peak: u64 = text.lines().find_map(|line| line.strip_prefix("peak ")).unwrap_or_default().parse()?;
    assert!(peak > 0 && peak < PEAK, "{peak} KiB");
    let same = "SELECT count(*) + sum(hashtext(title || COALESCE(category, ''))) FROM items";
    assert_eq!(number(&fixture.target, same).await?, number(&fixture.source, same).await?);
    Ok(())
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn cycles() -> anyhow::Result<()> {
    let url = |name: &str| std::env::var(name);
    let mut redis = connect_redis(&url("ELT_TEST_REDIS")?).await?;
    let mut job = items("title, category", "MAX_DELETE_RATIO: 1");
    job.lag = std::time::Duration::from_secs(3600);
    for (change, flush) in STEPS {
        let (source, target) = (connect(&url("ELT_TEST_SOURCE")?).await?, connect(&url("ELT_TEST_TARGET")?).await?);
        source.batch_execute(change).await?;
        if flush {
            redis::cmd("FLUSHDB").exec_async(&mut redis).await?;
        }
        let started = Instant::now();
        let servers = Servers { source: &source, target: &target, redis: Some(&mut redis) };
        let outcome = elt::run(&job, servers, &options()).await;
        anyhow::ensure!(outcome.status == Status::Ok, "{outcome:?}");
        println!("{:?} {:?}", started.elapsed(), outcome.counts);
    }
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    println!("peak {}", peak.trim().trim_end_matches(" kB"));
    Ok(())
}
