//! What the targets hold: the topic and the folder, read as a subscriber does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use harness::webhook::{Change, Content};
use uuid::Uuid;
use workload::broker::Broker;
use workload::watch;

/// The topic of the Kafka subscription.
pub(super) const TOPIC: &str = "crm-audiences";

/// The content of the audience in the topic.
pub(super) async fn topic(broker: &Broker) -> Result<Content> {
    let mut content = Content::default();
    for (key, value) in watch::messages(broker, TOPIC).await? {
        let change: Change = serde_json::from_slice(&value).context(TOPIC)?;
        ensure!(key == change.user.guid.to_string().as_bytes(), "the key of a record is not its user");
        content.apply(&change);
    }
    Ok(content)
}

/// The members in the only file that has no date in its name.
pub(super) fn file(folder: &Path) -> Result<BTreeSet<Uuid>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<Result<Vec<String>>>()?;
    let mut whole = names.iter().filter(|name| !name.contains('~') && !name.starts_with('.'));
    let name = whole.next().with_context(|| format!("{} has no file: {names:?}", folder.display()))?;
    ensure!(whole.next().is_none(), "more than one file: {names:?}");
    let text = fs::read_to_string(folder.join(name))?;
    let guid = |line: &str| Ok(line.split(',').nth(1).context("a line has no guid")?.parse()?);
    text.lines().skip(1).map(guid).collect()
}
