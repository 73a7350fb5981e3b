//! Start of a rebuild: one transaction, with the reset of the group's offsets inside it.
//!
//! Offsets are stored by the broker and tables by the database, and no commit covers both. Therefore the order matters:
//!
//! 1. Lock the table that every batch touches first, and empty the tables. The lock waits for running batches. A batch
//!    that begins later waits for this transaction, then finds the tables empty and the state of the rebuild stored.
//! 2. Read the targets, the end offsets of the topic. All rows stored so far come from records below them.
//! 3. Reset the offsets of the group. The broker does so only while the group has no members, in one atomic step.
//! 4. Store the state of the rebuild and commit.
//!
//! Events that can happen in between:
//! - **A service starts before 3:** the group has a member, the broker rejects the reset, and the transaction is rolled
//!   back.
//! - **A service starts between 3 and 4:** it reads from offset 0, but its first batch waits for the lock. It continues as
//!   part of the rebuild. If this command fails, it replays its topic into the existing rows, which changes nothing.
//! - **This command is killed between 3 and 4:** no table is emptied, no state is stored, and the group starts at offset
//!   0: the same harmless replay. If an earlier rebuild is running, its state remains, and it needs offset 0 anyway.
//! - **A process that was suspended meanwhile** (stopped, frozen, disconnected) resumes with a batch. If its transaction
//!   began before 1, the lock has waited for it, or the server has ended it after 30 s. If not, it writes into the emptied
//!   tables, as an early part of the replay, and reads the state of the rebuild. Its messages about an earlier batch were
//!   correct when they were computed, and have versions from before the rebuild. It cannot commit offsets, because it is
//!   no longer a member of the group.

use std::io::Write;

use database::{Database, Statement, statement};

use runtime::{CommandSettings, Confirmation, ExitError};

use crate::errors::exit_error;

/// The rebuild of a service.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The effect on readers, as a sentence.
    pub effect: &'a str,
    /// The statements of step 1.
    pub emptying: &'a [Statement],
}

/// Shows the rebuild of a service, asks, prepares it, and writes the next step to `out`.
///
/// # Errors
/// An [`ExitError`] if the confirmation is missing, if the group has members, if the source topic no longer begins at offset 0, or
/// if a server does not answer. Then nothing has changed, except possibly the offsets.
pub async fn prepare(
    settings: &CommandSettings,
    confirmation: Confirmation,
    plan: Plan<'_>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mode = confirmation.mode()?;
    let kafka = crate::settings::kafka(settings)?;
    let database = settings.database().await?;
    let group = kafka::Group::connect(&kafka).map_err(exit_error)?;
    // An early check, before anything is locked. The check that counts is the reset of the offsets.
    let members = group.members().await.map_err(exit_error)?;
    if !members.is_empty() {
        return Err(has_members(&kafka, &members.join(", ")).into());
    }
    let ends = targets(&group, &kafka.source_topic).await?;
    if group.committed(ends.len()).await.map_err(exit_error)?.iter().all(Option::is_none) {
        return Err(ExitError::Unavailable(format!(
            "KAFKA_GROUP_ID: the group {} has never read {}; set the group with which the service runs",
            kafka.group_id, kafka.source_topic
        ))
        .into());
    }
    if mode.shows() {
        let (records, topic) = (ends.iter().sum::<i64>(), &kafka.source_topic);
        writeln!(out, "would read {records} records of {topic} again; {}", plan.effect)?;
    }
    if mode.acts(out).await? {
        begin(&kafka, &group, &database, plan.emptying, out).await?;
    }
    Ok(())
}

/// The steps above, in one transaction.
async fn begin(
    kafka: &kafka::Settings,
    group: &kafka::Group,
    database: &Database,
    emptying: &[Statement],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let service = kafka.service.as_str();
    let transaction = database.begin_maintenance().await.map_err(ExitError::from)?;
    for statement in emptying {
        transaction.execute(statement, []).await.map_err(ExitError::from)?;
    }
    let targets = targets(group, &kafka.source_topic).await?;
    if !group.reset_offsets(targets.len()).await.map_err(exit_error)? {
        return Err(has_members(kafka, "joined just now").into());
    }
    transaction
        .execute(&statement!("service/insert_rebuild"), [&service, &targets, &kafka.group_id])
        .await
        .map_err(ExitError::from)?;
    transaction.commit().await.map_err(ExitError::from)?;

    let records: i64 = targets.iter().sum();
    tracing::info!(topic = kafka.source_topic, records, "a rebuild is prepared");
    writeln!(out, "prepared: {records} records of {} will be read again; start {service}", kafka.source_topic)?;
    Ok(())
}

/// The end offset of each partition of the topic.
async fn targets(group: &kafka::Group, topic: &str) -> Result<Vec<i64>, ExitError> {
    let watermarks = group.watermarks().await.map_err(exit_error)?;
    match watermarks.iter().enumerate().find(|(_, watermarks)| watermarks.low != 0) {
        None => Ok(watermarks.iter().map(|watermarks| watermarks.high).collect()),
        Some((partition, watermarks)) => Err(ExitError::Unavailable(format!(
            "KAFKA_SOURCE_TOPIC: partition {partition} of {topic} begins at offset {}, not at 0: a rebuild would lose the \
             deleted records",
            watermarks.low
        ))),
    }
}

fn has_members(kafka: &kafka::Settings, members: &str) -> ExitError {
    ExitError::Unavailable(format!(
        "KAFKA_GROUP_ID: the group {} has members ({members}): stop every {} and run this again; a killed one remains a member \
         until KAFKA_SESSION_TIMEOUT has elapsed",
        kafka.group_id, kafka.service
    ))
}
