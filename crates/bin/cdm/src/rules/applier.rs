//! Application of changed tag rules to all users.
//!
//! 1. **Put in force.** Under a lock that excludes batches, the written rules become the rules in force. Every later
//!    batch follows them for the counters it changes; earlier batches have ended.
//! 2. **Search.** One pass over the counters, without a lock, finds the users whose tags differ from the rules. Batches
//!    keep the tags of the counters that they change up to date, so no new difference arises.
//! 3. **Apply.** Users are updated in chunks. Each chunk excludes batches and checks its users again, so batches wait
//!    for one chunk only. The users are split into two shards, which are processed concurrently.
//! 4. **Finish.** The rules are marked as applied, unless they have changed in the meantime.
//!
//! A process that dies at any point leaves the rules pending; the next one repeats from step 2 and writes only what
//! still differs. Replicas that do this concurrently repeat some reads, and write nothing twice.

use consumer::Failure;
use database::{Database, Row, Transaction, get, statement};
use futures_util::{future::try_join_all, try_join};
use uuid::Uuid;

use crate::store::tagging;

/// State of the rule application in one replica.
#[derive(Debug, Default)]
pub(crate) struct RuleApplier {
    evaluation: Option<Evaluation>,
}

/// Progress between steps 2 and 4.
#[derive(Debug)]
struct Evaluation {
    /// The ids of the rules and their revisions.
    rules: Vec<(i64, i64)>,
    /// The users and rules still to process. Each shard uses one PostgreSQL backend.
    shards: [Shard; 2],
    /// Whether the search found all differences.
    all: bool,
    /// Number of tags changed so far.
    changes: u64,
}

/// Users and rules that are processed chunk by chunk.
#[derive(Debug)]
struct Shard(Vec<(Uuid, i64)>);

/// A written rule; a deleted rule has no body.
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

/// The work to do.
#[derive(Default)]
struct Work {
    changed: Vec<Written>,
    /// Pending rules in force: ids and revisions.
    pending: Vec<(i64, i64)>,
}

/// Maximum number of users found in one search. They are held in memory, 24 bytes each.
const MAX_USERS_PER_PASS: i64 = 200_000;

/// Number of users in one transaction, for which batches wait about 0.2 s.
const CHUNK: usize = 10_000;

impl RuleApplier {
    /// Runs one round. Returns whether there was work, and so may be more. A round without changed rules is one small
    /// read.
    pub(crate) async fn run(&mut self, database: &Database) -> Result<bool, Failure> {
        let transaction = database.begin_batch().await?;
        let work = work(&transaction).await?;
        transaction.commit().await?;
        #[expect(clippy::cast_precision_loss, reason = "the number of rules is far below 2^53")]
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

/// Reads the rules that are written and not in force, and those in force that are not applied to all users.
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

/// Puts the written rules in force. They are read again under the lock, because another replica may have been faster.
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

/// Searches for users whose tags differ from the pending `rules`.
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
    /// Applies the rules to the next chunk of each shard.
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
        tracing::info!(rules = ?ids, changes = self.changes, "the changed tag rules are applied to every user");
        Ok(())
    }
}

impl Shard {
    /// Applies the rules to the next chunk of one shard. Returns the number of tags changed.
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
