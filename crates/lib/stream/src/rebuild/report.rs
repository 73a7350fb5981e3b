//! The finding of `check` about a rebuild.

use consumer::Failure;
use database::Database;

use super::state::{Phase, State, read};
use runtime::Finding;

/// One finding while a rebuild of the service is in progress. An error of the database has a finding of its own.
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
            Phase::Replaying => "in progress: the source topic is being read again",
            Phase::Publishing => "in progress: the result is being published",
        },
    )
}
