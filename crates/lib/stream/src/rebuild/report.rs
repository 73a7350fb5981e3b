//! What `check` says of a rebuild.

use consumer::Failure;
use database::Database;

use super::state::{Phase, State, read};
use runtime::Finding;

/// A line while a rebuild of the service is under way. What keeps it from being looked at has had its own line.
pub(crate) async fn findings(settings: &database::Settings, service: &str) -> Vec<Finding> {
    let look = async {
        let transaction = Database::new(settings).begin_batch().await?;
        let state = read(&transaction, service).await?;
        transaction.commit().await?;
        Ok::<_, Failure>(state)
    };
    look.await.ok().flatten().iter().map(finding).collect()
}

fn finding(state: &State) -> Finding {
    Finding::ok(
        "rebuild",
        match state.phase {
            Phase::Replaying => "under way: the source topic is being read again",
            Phase::Publishing => "under way: what came of it is being told",
        },
    )
}
