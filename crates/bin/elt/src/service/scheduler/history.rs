//! Removal of old rows of `elt.runs`.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_postgres::types::Type;

use crate::service::servers::Servers;

const DELETE: &str = include_str!("../../../../../../sql/elt/state/delete_old_runs.sql");

/// How often old rows are looked for.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Removes rows older than `keep` in the background, if that was not done within the last hour.
pub(super) fn prune(servers: &Arc<Servers>, keep: Duration, pruned: &mut Option<Instant>) {
    if pruned.is_some_and(|pruned| pruned.elapsed() < INTERVAL) {
        return;
    }
    *pruned = Some(Instant::now());
    let servers = Arc::clone(servers);
    tokio::spawn(async move {
        let Ok(connection) = database::connect(&servers.target).await else { return };
        // Without a name, because the session may be behind a pooler.
        match connection.client.query_typed(DELETE, &[(&keep.as_secs_f64(), Type::FLOAT8)]).await {
            Ok(_) => tracing::debug!("old rows of elt.runs were removed"),
            Err(error) => tracing::warn!(%error, "old rows of elt.runs were not removed"),
        }
    });
}
