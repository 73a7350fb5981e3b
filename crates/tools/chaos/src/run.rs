//! A run from its settings to its exit code.

use std::process::ExitCode;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::fault::Fault;
use crate::output::screen::Screen;
use crate::plan::plan;
use crate::rounds::play;
use crate::settings::Settings;
use crate::system::disk::Mounts;
use crate::{broker, elt, hostile, output::report, segments, soak};

/// From this number of rounds on, every kind of fault must happen; otherwise the run fails.
const COMPLETE: usize = 20;

/// Runs rounds, or a soak. All processes are stopped in any case.
#[must_use]
pub fn run(settings: &Settings, mounts: Mounts) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(perform(settings, mounts)));
    match outcome {
        Ok(Some(true)) => ExitCode::SUCCESS,
        Ok(Some(false)) => ExitCode::FAILURE,
        Ok(None) => ExitCode::from(130),
        Err(error) => {
            eprintln!("chaos: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is right; `None` if the run was interrupted.
async fn perform(settings: &Settings, mounts: Mounts) -> Result<Option<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let performance = async {
        if settings.hostile {
            return hostile::run(&settings.faults).await;
        }
        if settings.elt {
            return elt::run(settings).await;
        }
        if settings.segments {
            return segments::run(settings).await;
        }
        match (settings.duration, settings.broker) {
            (Some(duration), _) => soak::soak(settings, duration).await,
            (None, Some(restarts)) => broker::run::run(settings, mounts, restarts).await,
            (None, None) => all_rounds(settings, mounts).await,
        }
    };
    tokio::select! {
        right = performance => right.map(Some),
        _ = tokio::signal::ctrl_c() => Ok(None),
        _ = terminate.recv() => Ok(None),
    }
}

/// Rounds with the pipeline, then rounds with segments-service. Either is left out if no fault of it is wanted.
async fn all_rounds(settings: &Settings, mounts: Mounts) -> Result<bool> {
    let wants = |all: Vec<String>| all.iter().any(|fault| settings.wants(fault));
    let pipeline = Fault::all().iter().map(ToString::to_string).collect();
    let others = segments::fault::Fault::all().iter().map(ToString::to_string).collect();
    let is_right = !wants(pipeline) || rounds(settings, mounts).await?;
    if !is_right || !wants(others) {
        return Ok(is_right);
    }
    segments::run(&Settings { rounds: settings.rounds.min(segments::COMPLETE), ..settings.clone() }).await
}

async fn rounds(settings: &Settings, mounts: Mounts) -> Result<bool> {
    let began = Instant::now();
    let mut kinds = Fault::all();
    kinds.retain(|fault| mounts == Mounts::Own || !fault.needs_mounts());
    kinds.retain(|fault| settings.wants(&fault.to_string()));
    let plan = plan(settings.seed, settings.rounds, &kinds);
    let screen = Screen::new(plan.len() as u64);
    screen.say(&format!(
        "SEED={} ROUNDS={}: starting Kafka, PostgreSQL, Redis and the services",
        settings.seed,
        plan.len()
    ));
    let played = play(settings, mounts, plan, &screen).await?;
    drop(screen);
    report::rounds(settings.seed, mounts, &played, began.elapsed())?;
    let complete = settings.rounds < COMPLETE || played.missed().is_empty();
    Ok(complete && played.differences.is_empty())
}
