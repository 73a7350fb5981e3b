//! How long a service stands still that is killed and started again at once, with orders coming in all the time. A figure
//! to look at, not a promise: `cargo test -p e2e --test it restart -- --ignored --nocapture` under the stack prints it.

use std::time::Duration;

use anyhow::{Result, bail};
use e2e::{Layer, Pipeline, Process, Workload, until};
use tokio::time::{Instant, sleep};

/// The default, and what the figure mostly consists of: so long the group waits for the member that died.
const SESSION: &str = "10s";

/// How often each service is killed.
const KILLS: usize = 10;

/// Between two orders.
const PACE: Duration = Duration::from_millis(50);

#[tokio::test]
#[ignore = "takes minutes, and asserts nothing"]
async fn after_sigkill() -> Result<()> {
    let week = Workload::clean(81, 50_000);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    let stream = async {
        for event in &week.events {
            pipeline.load(std::slice::from_ref(event)).await?;
            sleep(PACE).await;
        }
        bail!("the orders have run out")
    };
    tokio::select! {
        ended = stream => ended,
        measured = measure(&pipeline) => measured,
    }
}

async fn measure(pipeline: &Pipeline) -> Result<()> {
    let start = |layer| pipeline.service(layer).env("KAFKA_SESSION_TIMEOUT", SESSION).spawn();
    let mut services: Vec<Process> = Layer::ALL.into_iter().map(start).collect::<Result<_>>()?;
    for layer in Layer::ALL {
        let mut pauses = Vec::with_capacity(KILLS);
        for kill in 0..KILLS {
            until_further(pipeline, layer).await?;
            // Not always at the same moment between two heartbeats.
            sleep(Duration::from_millis(2_500 / KILLS as u64 * kill as u64)).await;
            services[layer as usize].kill().await?;
            let killed = Instant::now();
            services[layer as usize] = start(layer)?;
            until_further(pipeline, layer).await?;
            pauses.push(killed.elapsed().as_secs_f64());
        }
        pauses.sort_by(f64::total_cmp);
        let (min, median, max) = (pauses[0], pauses[KILLS / 2], pauses[KILLS - 1]);
        println!("{} works again after min {min:.1} s, median {median:.1} s, max {max:.1} s", layer.binary());
    }
    Ok(())
}

/// Waits until a layer has committed a batch more than now.
async fn until_further(pipeline: &Pipeline, layer: Layer) -> Result<()> {
    let now = pipeline.committed(layer).await?;
    until("a batch is committed", Duration::from_secs(60), async || Ok(pipeline.committed(layer).await? > now)).await
}
