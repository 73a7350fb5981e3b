//! Detection of an idle pipeline.

use std::time::Duration;

use anyhow::{Context, Result};
use workload::broker::Broker;
use workload::watch::{Observer, StageProgress, WatchedStage};

use crate::layer::Layer;
use crate::pipeline::Pipeline;
use crate::wait::until;

const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

impl Pipeline {
    /// Waits until every layer has committed the end of its topic, no un-parked order is unsent, every rule is applied,
    /// every change of a tag is sent, and two polls in a row are equal. Orders that wait for a name do not count: see
    /// [`Pipeline::parked`].
    ///
    /// # Errors
    /// If that does not happen in time (default: a minute); the error shows the progress of each layer.
    pub async fn wait_idle(&self) -> Result<()> {
        self.wait_idle_up_to(&Layer::ALL).await
    }

    /// The same of some layers, for tests that run only those.
    ///
    /// # Errors
    /// As [`Pipeline::wait_idle`].
    pub async fn wait_idle_up_to(&self, layers: &[Layer]) -> Result<()> {
        self.wait_idle_within(layers, WAIT_TIMEOUT).await
    }

    /// The same, with another limit than a minute.
    ///
    /// # Errors
    /// As [`Pipeline::wait_idle`].
    pub async fn wait_idle_within(&self, layers: &[Layer], limit: Duration) -> Result<()> {
        let observer = self.observer(layers)?;
        let mut last = None;
        // A broker that has just got a partition may not lead it yet.
        let mut unread = None;
        let settled = async || {
            let readings = match observer.read().await {
                Ok(readings) => readings,
                Err(error) => {
                    unread = Some(error);
                    return Ok(false);
                }
            };
            let untagged = if layers.contains(&Layer::Cdm) { self.untagged().await? } else { 0 };
            let look = (readings, self.unsent().await?, untagged);
            let still = last.as_ref() == Some(&look);
            let read = look.0.iter().all(|reading| reading.lag() == 0);
            let sent = (look.1, look.2) == (0, 0);
            last = Some(look);
            Ok(still && sent && (read || self.nothing_to_read(layers).await?))
        };
        let outcome = until("everything is read and sent", limit, settled).await;
        outcome.with_context(|| match (&last, unread) {
            (None, Some(error)) => format!("the progress cannot be read: {error:#}"),
            _ => describe(layers, last.as_ref()),
        })
    }

    /// Whether only transaction markers and aborted records follow the committed offsets.
    async fn nothing_to_read(&self, layers: &[Layer]) -> Result<bool> {
        for layer in layers {
            if !self.read_from(&self.source(*layer), &self.committed(*layer).await?).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the progress of some layers without joining their groups.
    ///
    /// # Errors
    /// If no client can be created.
    pub fn observer(&self, layers: &[Layer]) -> Result<Observer> {
        let fixture = |layer: &Layer| WatchedStage {
            name: layer.binary(),
            topic: self.source(*layer),
            group: self.group(*layer),
        };
        let broker = Broker::plain(self.endpoints().bootstrap_servers());
        Observer::new(&broker, layers.iter().map(fixture).collect())
    }
}

fn describe(layers: &[Layer], look: Option<&(Vec<StageProgress>, u64, u64)>) -> String {
    let Some((readings, unsent, untagged)) = look else { return "nothing could be seen".to_owned() };
    let far = |(layer, reading): (&Layer, &StageProgress)| {
        format!("{} has read {} of {}", layer.binary(), reading.processed, reading.total)
    };
    let far: Vec<String> = layers.iter().zip(readings).map(far).collect();
    format!("{}; {unsent} orders unsent; {untagged} rules or tags pending", far.join(", "))
}
