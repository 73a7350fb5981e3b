//! The end of a subscription: its target is told, and what it had is forgotten.

use consumer::Failure;
use database::Transaction;

use super::{Outcome, alive::while_alive, outcome_of};
use crate::subscribers::{
    metrics,
    record::{self, Counts, LogRun},
    store::{Subscription, SyncState},
    target::Stop,
    targets::AnyTarget,
};

/// Tells the target that the audience has ended. A target that is gone is not told. One that has never taken anything is told once.
pub(super) async fn end(
    transaction: Transaction,
    subscription: &Subscription,
    state: &SyncState,
    target: Result<AnyTarget, Stop>,
) -> Result<Outcome, Failure> {
    let told = if subscription.status == "gone" {
        Ok(())
    } else {
        match target {
            Ok(target) => while_alive(&transaction, target.remove(&subscription.audience())).await?,
            Err(stop) => Err(stop),
        }
    };
    let is_over = matches!(told, Ok(()) | Err(Stop::Gone(_))) || (state.success_at.is_none() && state.members == 0);
    if let Err(stop) = &told
        && !is_over
    {
        let mut log = LogRun { run_id: None, is_always_written: true };
        let counts = Counts { members: state.members, ..Counts::default() };
        record::fail(&transaction, (subscription, state), &mut log, (counts, true), stop, 1).await?;
        transaction.commit().await?;
        metrics::attempted(&subscription.target, "retry");
        return Ok(outcome_of(stop));
    }
    let message = match &told {
        Ok(()) => None,
        Err(Stop::Gone(error) | Stop::Retry { error, .. }) => Some(error.as_str()),
    };
    record::finish_subscription(&transaction, subscription, message).await?;
    transaction.commit().await?;
    Ok(Outcome::Complete { acknowledged: 0, rejected: 0 })
}
