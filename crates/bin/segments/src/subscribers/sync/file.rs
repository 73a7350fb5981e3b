//! A sync whose target takes one file: all pages are recorded in the transaction that ends when the file is whole.

use consumer::Failure;
use database::{Database, Transaction};

use super::{Locked, Outcome, Progress, alive::while_alive, outcome_of};
use crate::subscribers::{
    change::Change,
    difference, metrics,
    record::{self, Counts},
    scope::Scope,
    store::{self, Subscription},
    target::{Answer, Pages},
};

/// The changes of a page. They are recorded when the next page is asked for, or at the end.
const PAGE: usize = 1000;

/// The pages of a file.
struct FilePages<'a> {
    transaction: &'a Transaction,
    subscription: &'a Subscription,
    scope: Option<Scope>,
    /// The page that was read to know whether there is one.
    first: Option<Vec<Change>>,
    is_full: bool,
    /// The mode of the subscription is full.
    is_replaced: bool,
    counts: Counts,
}

impl Pages for FilePages<'_> {
    async fn next(&mut self) -> Result<Vec<Change>, Failure> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        while let Some(scope) = self.scope.take().filter(|scope| !scope.is_done()) {
            let (page, rest) = self.page(scope).await?;
            self.scope = Some(rest);
            if !page.is_empty() {
                return Ok(page);
            }
        }
        Ok(Vec::new())
    }
}

impl FilePages<'_> {
    /// Reads a page, and records it: the transaction is committed only if the file is whole.
    async fn page(&mut self, scope: Scope) -> Result<(Vec<Change>, Scope), Failure> {
        let audience = self.subscription.audience();
        let page = scope.page(self.transaction, self.subscription, PAGE, self.is_full).await?;
        // A user has three changes at most.
        let (mut changes, users) = difference::changes(&audience, &page.states, 3 * PAGE);
        if !self.is_replaced {
            // Who has joined since the changes were noted is sent by the next sync.
            let unmarked = difference::unmarked(&page.states, &changes);
            changes.retain(|change| !unmarked.contains(&(change.user.user_id, change.membership_id)));
        }
        let written = if self.is_full { difference::members(&audience, &page.states) } else { changes.clone() };
        let answer = Answer::acknowledged(changes.len());
        let counts =
            record::changes(self.transaction, (self.subscription, self.counts.members), &changes, &answer, None)
                .await?;
        self.counts.members = counts.members;
        self.counts.acknowledged += i32::try_from(written.len()).unwrap_or(i32::MAX);
        Ok((written, scope.after(page, users)))
    }
}

/// Notes all changes of the scope before they are written to a file.
pub(super) async fn mark(mut progress: Progress, locked: Locked) -> Result<Progress, Failure> {
    let Locked { transaction, subscription, .. } = locked;
    let (audience, mut scope) = (subscription.audience(), progress.scope.clone());
    while !scope.is_done() {
        let page = scope.page(&transaction, &subscription, PAGE, false).await?;
        let (changes, users) = difference::changes(&audience, &page.states, 3 * PAGE);
        let unmarked = difference::unmarked(&page.states, &changes);
        if !unmarked.is_empty() {
            record::mark(&transaction, &subscription, &unmarked).await?;
        }
        scope = scope.after(page, users);
    }
    transaction.commit().await?;
    progress.is_marked = true;
    Ok(progress)
}

/// Writes the file, if there is something to write.
pub(super) async fn send(database: &Database, mut progress: Progress, locked: Locked) -> Result<Outcome, Failure> {
    let Locked { transaction, subscription, state, target } = locked;
    let both = (&subscription, &state);
    let before = Counts { members: state.members, ..Counts::default() };
    let is_full = subscription.is_full;
    let mut pages = FilePages {
        transaction: &transaction,
        subscription: &subscription,
        scope: Some(progress.scope.clone()),
        first: None,
        is_full: false,
        is_replaced: is_full,
        counts: before,
    };
    let always = is_full && (state.success_at.is_none() || subscription.cron.is_some() || state.requested.is_some());
    let first = if always { Vec::new() } else { pages.next().await? };
    if !always && first.is_empty() {
        progress.scope = Scope::Users(Vec::new());
        let outcome = progress.finish(&transaction, both, before).await?;
        transaction.commit().await?;
        return Ok(outcome);
    }
    if is_full {
        // What the first page has recorded is a part of the audience.
        (pages.scope, pages.is_full, pages.counts.acknowledged) = (Some(Scope::all(&transaction).await?), true, 0);
        progress.is_whole = true;
    } else {
        pages.first = Some(first);
    }
    let audience = subscription.audience();
    let sending = async {
        if is_full { target.create(&audience, &mut pages).await } else { target.update(&audience, &mut pages).await }
    };
    let answer = while_alive(&transaction, sending).await??;
    failpoint::pass("sync sent");
    let counts = pages.counts;
    if let Some(stop) = answer.stop {
        // Nothing of it is recorded but the failure.
        transaction.rollback().await?;
        let transaction = database.begin_change().await?;
        if !store::try_lock(&transaction, subscription.id).await? {
            transaction.rollback().await?;
            return Ok(Outcome::Busy);
        }
        progress.fail(&transaction, both, before, &stop).await?;
        transaction.commit().await?;
        return Ok(outcome_of(&stop));
    }
    metrics::attempted(&subscription.target, "acknowledged");
    progress.count(&subscription, counts);
    let outcome = progress.finish(&transaction, both, counts).await?;
    transaction.commit().await?;
    Ok(outcome)
}
