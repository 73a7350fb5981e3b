//! How a rebuild begins: one transaction, with the reset of the group's offsets inside it.
//!
//! The order matters, because the offsets are the broker's and the tables the database's, and nothing commits both:
//!
//! 1. Lock what every batch touches first, and empty what is to be built. A batch that has begun is waited for; one that
//!    begins now waits for us, and finds the tables empty and the note written.
//! 2. Take the targets. Whatever any batch has stored so far came of records below them.
//! 3. Reset the offsets of the group. The broker does so only while the group has no members, in one step with looking.
//! 4. Write the note and commit.
//!
//! What can come in between:
//! - **A service starts before 3:** the group has a member, the broker refuses, the transaction is undone.
//! - **A service starts between 3 and 4:** it reads from offset 0, but its first batch waits for our lock. It goes on as
//!   part of the rebuild, or, if we fail, replays its topic into what is there already, which changes nothing.
//! - **We die between 3 and 4:** nothing is emptied, no note is written, the group starts at offset 0: the same harmless
//!   replay. If an earlier rebuild was under way, its note stands, and reading from offset 0 is what it wants.
//! - **A process that slept through it all** (stopped, frozen, cut off) wakes up with a batch in hand. If its transaction
//!   had begun before 1, we have waited for it, or the server has ended it after 30 s. If not, it writes into the emptied
//!   tables, as a part of the replay that comes early, and sees the note. What it had to tell of an earlier batch was true
//!   when it was computed, and carries a version from before the rebuild. It can commit no offset: it is no member.

use std::io::Write;

use database::{Database, Statement, statement};

use runtime::{CommandSettings, Confirmation, ExitError};

use crate::errors::exit_error;

/// What a rebuild of a service does.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// What readers notice, as a sentence.
    pub effect: &'a str,
    /// The statements of step 1.
    pub emptying: &'a [Statement],
}

/// Prepares the rebuild of a service and says what is to be done next, after showing it and asking.
///
/// # Errors
/// A [`ExitError`] if nobody can be asked, while the group has members, when the source topic does not begin at offset 0 any more,
/// and when something does not answer. Nothing has changed then but, perhaps, the offsets.
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
    // Nobody is disturbed for what will be refused. That it is asked again below, where it counts, stays necessary.
    let members = group.members().await.map_err(exit_error)?;
    if !members.is_empty() {
        return Err(has_members(&kafka, &members.join(", ")).into());
    }
    let ends = targets(&group, &kafka.source_topic).await?;
    if group.committed(ends.len()).await.map_err(exit_error)?.iter().all(Option::is_none) {
        return Err(ExitError::Unavailable(format!(
            "KAFKA_GROUP_ID: the group {} has never read {}; give the group that the service runs with",
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
        return Err(has_members(kafka, "it came this moment").into());
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

/// Where each partition of the topic ends.
async fn targets(group: &kafka::Group, topic: &str) -> Result<Vec<i64>, ExitError> {
    let watermarks = group.watermarks().await.map_err(exit_error)?;
    match watermarks.iter().enumerate().find(|(_, watermarks)| watermarks.low != 0) {
        None => Ok(watermarks.iter().map(|watermarks| watermarks.high).collect()),
        Some((partition, watermarks)) => Err(ExitError::Unavailable(format!(
            "KAFKA_SOURCE_TOPIC: partition {partition} of {topic} begins at offset {}, not at 0: what was deleted cannot be \
             read again, and a rebuild would lose it",
            watermarks.low
        ))),
    }
}

fn has_members(kafka: &kafka::Settings, members: &str) -> ExitError {
    ExitError::Unavailable(format!(
        "KAFKA_GROUP_ID: the group {} has members ({members}): stop every {} and run this again; one that was killed counts \
         until KAFKA_SESSION_TIMEOUT has passed",
        kafka.group_id, kafka.service
    ))
}
