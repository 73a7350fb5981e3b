//! A batch of a sync: the next changes are read, noted, sent, and recorded as the target has answered.

use consumer::Failure;
use database::Transaction;

use super::{Locked, Outcome, Progress, alive::while_alive, outcome_of};
use crate::subscribers::{
    change::Change,
    difference, metrics, record,
    scope::Scope,
    store::Subscription,
    target::{Answer, Pages},
};

/// A page that is sent as a batch.
struct OnePage(Vec<Change>);

impl Pages for OnePage {
    async fn next(&mut self) -> Result<Vec<Change>, Failure> {
        Ok(std::mem::take(&mut self.0))
    }
}

/// How a batch ended.
pub(super) enum Sent {
    More(Progress),
    Ended(Outcome),
}

/// Sends the next changes, and records what the target has done with them.
pub(super) async fn send(mut progress: Progress, locked: Locked) -> Result<Sent, Failure> {
    let Locked { transaction, subscription, state, target } = locked;
    let limit = subscription.batch();
    let (changes, unmarked, scope) = next_changes(&transaction, &subscription, progress.scope.clone(), limit).await?;
    if !unmarked.is_empty() {
        // Committed before they are sent; then they are read again.
        record::mark(&transaction, &subscription, &unmarked).await?;
        progress.marked = unmarked.iter().map(|(_, membership)| *membership).collect();
        transaction.commit().await?;
        return Ok(Sent::More(progress));
    }
    progress.scope = scope;
    let mut answer = Answer::default();
    if !changes.is_empty() {
        failpoint::pass("sync sending");
        let mut page = OnePage(changes.clone());
        let audience = subscription.audience();
        answer = while_alive(&transaction, target.update(&audience, &mut page)).await??;
        failpoint::pass("sync sent");
    }
    let counts =
        record::changes(&transaction, (&subscription, state.members), &changes, &answer, Some(&progress.marked))
            .await?;
    progress.count(&subscription, counts);
    if answer.stop.is_none() && !changes.is_empty() {
        metrics::attempted(&subscription.target, if counts.rejected > 0 { "rejected" } else { "acknowledged" });
    }
    let both = (&subscription, &state);
    if let Some(stop) = &answer.stop {
        progress.fail(&transaction, both, counts, stop).await?;
        transaction.commit().await?;
        return Ok(Sent::Ended(outcome_of(stop)));
    }
    if progress.scope.is_done() {
        let outcome = progress.finish(&transaction, both, counts).await?;
        transaction.commit().await?;
        return Ok(Sent::Ended(outcome));
    }
    record::batch(&transaction, &subscription, &mut progress.log, counts, progress.existed).await?;
    transaction.commit().await?;
    Ok(Sent::More(progress))
}

/// The next changes, those of them that are not noted yet, and the scope without their users. No changes: nobody is left.
async fn next_changes(
    transaction: &Transaction,
    subscription: &Subscription,
    mut scope: Scope,
    limit: usize,
) -> Result<(Vec<Change>, Vec<(i32, i64)>, Scope), Failure> {
    let audience = subscription.audience();
    while !scope.is_done() {
        let page = scope.page(transaction, subscription, limit, false).await?;
        let (changes, users) = difference::changes(&audience, &page.states, limit);
        let (changes, users) = difference::without_waiting(&page.states, changes, users);
        let unmarked = difference::unmarked(&page.states, &changes);
        scope = scope.after(page, users);
        if !changes.is_empty() {
            return Ok((changes, unmarked, scope));
        }
    }
    Ok((Vec::new(), Vec::new(), scope))
}
