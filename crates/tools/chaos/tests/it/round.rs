//! A short round of five faults at once, on a stack of its own.

use std::time::Duration;

use anyhow::Result;
use chaos::disk::Mounts;
use chaos::fault::{Fault, Point};
use chaos::plan::{Injection, Round};
use chaos::rounds::play;
use chaos::screen::Screen;
use chaos::settings::Settings;
use clap::Parser;
use harness::Layer;

#[tokio::test(flavor = "multi_thread")]
async fn kills_lost_commits_and_a_suspended_process_change_no_counter() -> Result<()> {
    let injection = |fault, after| Injection {
        fault,
        after: Duration::from_millis(after),
        lasts: Duration::from_secs(1),
        layer: Layer::Dds,
        choice: 2,
    };
    let round = Round {
        lasts: Duration::from_secs(10),
        injections: vec![
            injection(Fault::DieAt(Point::Stored), 500),
            injection(Fault::FreezeAt(Layer::Cdm, Point::Received), 500),
            injection(Fault::LoseCommits, 1_500),
            injection(Fault::SwallowCommits, 2_500),
            injection(Fault::Zstd, 3_500),
        ],
    };
    let settings = Settings::try_parse_from(["chaos", "--seed", "3", "--rate", "40"])?;
    let played = play(&settings, Mounts::Forbidden, vec![round], &Screen::new(1)).await?;
    assert!(played.differences.is_empty(), "{:#?}", played.differences);
    assert!(played.missed().is_empty(), "never happened: {:?}", played.missed());
    assert!(played.orders >= 300 && played.dead_letters > 0 && played.parked > 0, "{played:?}");
    Ok(())
}
