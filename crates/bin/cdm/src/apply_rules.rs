//! Rules that people have changed: taken up, and then applied to every user whom no batch touches.
//!
//! 1. **Taking up.** Under a lock that no batch holds, the rules in force become those that people wrote. Whatever batch
//!    begins from now on goes by them, for every counter it moves; those before have ended.
//! 2. **Looking.** One pass over the counters, without a lock, finds the users whose tags differ. Batches see to the
//!    counters they move, so no difference comes to it later; some go away by themselves.
//! 3. **Applying.** A chunk of these at a time, while no batch is under way, each looked at once more: batches wait for a
//!    chunk, not for all of them. Half of the users are one shard, half the other, and the two go side by side.
//! 4. **Concluding.** The rules are no longer pending, unless somebody has changed them meanwhile.
//!
//! A process that dies anywhere leaves the rules pending; whoever comes next begins again with 2, and writes only what
//! differs still. Replicas that do the same work side by side do some of it in vain, and nothing twice.

use consumer::Failure;
use database::{Database, Row, Transaction, get, statement};
use futures_util::{future::try_join_all, try_join};
use uuid::Uuid;

use crate::store::tagging;

/// Looks after the rules, as one replica does it.
#[derive(Debug, Default)]
pub(crate) struct RuleApplier {
    evaluation: Option<Evaluation>,
}

/// Where between 2 and 4 we are.
#[derive(Debug)]
struct Evaluation {
    /// The rules, and which revision of each.
    rules: Vec<(i64, i64)>,
    /// Whose tags by which rule are still to be seen to. Each shard keeps a processor of PostgreSQL's busy.
    shards: [Shard; 2],
    /// Whether there are no others.
    all: bool,
    /// Tags changed so far.
    changes: u64,
}

/// Users who are seen to one chunk after the other, and by which rules.
#[derive(Debug)]
struct Shard(Vec<(Uuid, i64)>);

/// A rule as people wrote it; without a body: deleted.
struct Written {
    id: i64,
    body: Option<Body>,
}

struct Body {
    subject: String,
    subject_key: String,
    subject_id: Uuid,
    threshold: i32,
    tag: String,
    enabled: bool,
}

/// What there is to see to.
#[derive(Default)]
struct Work {
    changed: Vec<Written>,
    /// Rules in force that are pending, and which revision of each.
    pending: Vec<(i64, i64)>,
}

/// Users looked for in one pass, at most: they are held in memory, 24 bytes each.
const MAX_USERS_PER_PASS: i64 = 200_000;

/// Users in one transaction, for which batches wait: a fifth of a second.
const CHUNK: usize = 10_000;

impl RuleApplier {
    /// One round; whether there was anything to do, and so may be more. One small read while nobody changes a rule.
    pub(crate) async fn run(&mut self, database: &Database) -> Result<bool, Failure> {
        let transaction = database.begin_batch().await?;
        let work = work(&transaction).await?;
        transaction.commit().await?;
        #[expect(clippy::cast_precision_loss, reason = "2^53 rules are more than anybody writes")]
        metrics::gauge!("tagmill_tag_rules_pending").set((work.changed.len() + work.pending.len()) as f64);
        if !work.changed.is_empty() {
            self.evaluation = None;
            put_changes_in_force(database).await?;
            return Ok(true);
        }
        if work.pending.is_empty() {
            self.evaluation = None;
            return Ok(false);
        }
        let mut evaluation = match self.evaluation.take_if(|evaluation| evaluation.rules == work.pending) {
            Some(evaluation) => evaluation,
            None => look(database, work.pending).await?,
        };
        evaluation.apply_chunks(database).await?;
        if evaluation.shards.iter().any(|Shard(pairs)| !pairs.is_empty()) {
            self.evaluation = Some(evaluation);
        } else if evaluation.all {
            evaluation.finish(database).await?;
        }
        Ok(true)
    }
}

/// What people have written that is not in force, and what is in force but not applied to everybody.
async fn work(transaction: &Transaction) -> Result<Work, Failure> {
    let mut work = Work::default();
    for row in transaction.query(&statement!("cdm/rules/select_pending_rules"), []).await? {
        let id = get(&row, 0)?;
        if get(&row, 6)? {
            work.changed.push(Written { id, body: body(&row)? });
        } else {
            work.pending.push((id, get(&row, 7)?));
        }
    }
    work.pending.sort_unstable();
    Ok(work)
}

fn body(row: &Row) -> Result<Option<Body>, Failure> {
    let Some(subject) = get::<Option<String>>(row, 1)? else { return Ok(None) };
    let subject_key: String = get(row, 2)?;
    Ok(Some(Body {
        subject_id: tagging::subject(&subject)?.key(&subject_key),
        subject,
        subject_key,
        threshold: get(row, 3)?,
        tag: get(row, 4)?,
        enabled: get(row, 5)?,
    }))
}

/// Puts in force what people have written. It is read again under the lock: another replica may have been faster.
async fn put_changes_in_force(database: &Database) -> Result<(), Failure> {
    let transaction = database.begin_batch().await?;
    transaction.execute(&statement!("cdm/marts/lock_marts"), []).await?;
    let changed = work(&transaction).await?.changed;
    let ids: Vec<i64> = changed.iter().map(|rule| rule.id).collect();
    let retired: Vec<i64> = changed.iter().filter(|rule| rule.body.is_none()).map(|rule| rule.id).collect();
    if !retired.is_empty() {
        transaction.execute(&statement!("cdm/rules/retire_rules"), [&retired]).await?;
    }
    put_in_force(&transaction, changed).await?;
    transaction.commit().await?;
    tracing::info!(rules = ?ids, deleted = retired.len(), "tag rules have changed");
    Ok(())
}

async fn put_in_force(transaction: &Transaction, changed: Vec<Written>) -> Result<(), Failure> {
    let rules: Vec<(i64, Body)> = changed.into_iter().filter_map(|rule| Some((rule.id, rule.body?))).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = rules.iter().map(|(id, _)| *id).collect();
    let bodies = || rules.iter().map(|(_, body)| body);
    let subjects: Vec<&str> = bodies().map(|body| body.subject.as_str()).collect();
    let subject_keys: Vec<&str> = bodies().map(|body| body.subject_key.as_str()).collect();
    let subject_ids: Vec<Uuid> = bodies().map(|body| body.subject_id).collect();
    let thresholds: Vec<i32> = bodies().map(|body| body.threshold).collect();
    let tags: Vec<&str> = bodies().map(|body| body.tag.as_str()).collect();
    let enabled: Vec<bool> = bodies().map(|body| body.enabled).collect();
    let statement = statement!("cdm/rules/upsert_rules_in_force");
    transaction
        .execute(&statement, [&ids, &subjects, &subject_keys, &subject_ids, &thresholds, &tags, &enabled])
        .await?;
    Ok(())
}

/// Looks for users whose tags differ from what the pending `rules` say.
async fn look(database: &Database, rules: Vec<(i64, i64)>) -> Result<Evaluation, Failure> {
    let transaction = database.begin_maintenance().await?;
    transaction.execute(&statement!("cdm/rules/disable_nested_loops"), []).await?;
    let rows = transaction.query(&statement!("cdm/tags/select_tag_differences"), [&MAX_USERS_PER_PASS]).await?;
    transaction.commit().await?;
    let all = i64::try_from(rows.len()).is_ok_and(|found| found < MAX_USERS_PER_PASS);
    let mut low = rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect::<Result<Vec<_>, Failure>>()?;
    low.sort_unstable();
    let high = low.split_off(low.partition_point(|(user, _): &(Uuid, i64)| user.as_u128() >> 127 == 0));
    Ok(Evaluation { rules, shards: [Shard(low), Shard(high)], all, changes: 0 })
}

impl Evaluation {
    /// The next chunk of each shard.
    async fn apply_chunks(&mut self, database: &Database) -> Result<(), Failure> {
        let shards = self.shards.iter_mut().zip(0_i64..);
        let changes = try_join_all(shards.map(|(shard, number)| shard.apply_chunk(number, database))).await?;
        self.changes += changes.iter().sum::<u64>();
        Ok(())
    }

    async fn finish(self, database: &Database) -> Result<(), Failure> {
        let (ids, revisions): (Vec<i64>, Vec<i64>) = self.rules.into_iter().unzip();
        let transaction = database.begin_batch().await?;
        transaction.execute(&statement!("cdm/rules/finish_rules"), [&ids, &revisions]).await?;
        transaction.commit().await?;
        tracing::info!(rules = ?ids, changes = self.changes, "every user has the tags that the rules say");
        Ok(())
    }
}

impl Shard {
    /// How many tags that changed.
    async fn apply_chunk(&mut self, number: i64, database: &Database) -> Result<u64, Failure> {
        let Self(pairs) = self;
        let left = pairs.len().saturating_sub(CHUNK);
        let chunk = pairs.get(left..).unwrap_or_default();
        if chunk.is_empty() {
            return Ok(0);
        }
        let transaction = database.begin_batch().await?;
        let (_, _, changes) = try_join!(
            transaction.query(&statement!("cdm/rules/lock_shard"), [&number]),
            transaction.execute(&statement!("cdm/marts/pause_batches"), []),
            tagging::apply(&transaction, chunk),
        )?;
        transaction.commit().await?;
        pairs.truncate(left);
        Ok(changes)
    }
}
