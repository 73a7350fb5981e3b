//! Administration of a consumer group: members, committed offsets, resetting offsets.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    groups::GroupInfo,
    types::RDKafkaErrorCode as Code,
};

use crate::{Error, Settings, Topics, Watermarks, client::diagnostics::Diagnostics, client::error::unavailable};

/// Requests about the consumer group and the source topic of the settings. Never joins the group.
pub struct Group {
    client: Arc<BaseConsumer<Diagnostics>>,
    settings: Settings,
}

/// Timeout of a request.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(10);

impl Group {
    /// A client for the group of `settings`. It connects with the first request.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        let mut config = settings.client();
        config
            .set("group.id", &settings.group_id)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false");
        Ok(Self { client: Arc::new(config.create_with_context(Diagnostics)?), settings: settings.clone() })
    }

    /// The members of the group, by client id and address. A member that was killed is included until its session times
    /// out.
    ///
    /// # Errors
    /// The brokers do not answer, or reject the request.
    pub async fn members(&self) -> Result<Vec<String>, Error> {
        let name = self.settings.group_id.clone();
        self.ask(move |client| {
            let list = client.fetch_group_list(Some(&name), ADMIN_TIMEOUT)?;
            let members = list.groups().iter().filter(|group| group.name() == name).flat_map(GroupInfo::members);
            Ok(members.map(|member| format!("{} at {}", member.client_id(), member.client_host())).collect())
        })
        .await
    }

    /// The current watermarks of the partitions of the source topic, in the order of the partitions.
    ///
    /// # Errors
    /// [`Error::NoTopic`] if the topic does not exist. Otherwise as [`Group::members`].
    pub async fn watermarks(&self) -> Result<Vec<Watermarks>, Error> {
        let topic = self.settings.source_topic.clone();
        let partitions = Topics::connect(&self.settings)?.partitions(&topic).await?;
        self.ask(move |client| {
            let ask = |partition| {
                let (low, high) = client.fetch_watermarks(&topic, partition, ADMIN_TIMEOUT)?;
                Ok(Watermarks { low, high })
            };
            (0..number(partitions)).map(ask).collect()
        })
        .await
    }

    /// The committed offsets of the first `partitions` partitions of the source topic.
    ///
    /// # Errors
    /// As [`Group::members`].
    pub async fn committed(&self, partitions: usize) -> Result<Vec<Option<i64>>, Error> {
        let wanted = self.all(partitions, Offset::Invalid)?;
        self.ask(move |client| {
            let mut committed = vec![None; wanted.count()];
            for partition in client.committed_offsets(wanted, ADMIN_TIMEOUT)?.elements() {
                partition.error()?;
                let known = usize::try_from(partition.partition()).ok().and_then(|at| committed.get_mut(at));
                if let (Some(known), Offset::Offset(offset)) = (known, partition.offset()) {
                    *known = Some(offset);
                }
            }
            Ok(committed)
        })
        .await
    }

    /// The current ends of the first `partitions` partitions of the source topic for a reader: the last stable offsets.
    ///
    /// # Errors
    /// As [`Group::members`].
    pub async fn ends(&self, partitions: usize) -> Result<Vec<i64>, Error> {
        let topic = self.settings.source_topic.clone();
        self.ask(move |client| {
            let end = |partition| Ok(client.fetch_watermarks(&topic, partition, ADMIN_TIMEOUT)?.1);
            (0..number(partitions)).map(end).collect()
        })
        .await
    }

    /// Resets the offsets of the group to 0 in the first `partitions` partitions. Returns `false` if the group has
    /// members, because the broker rejects this.
    ///
    /// The broker checks and resets in one step, so no member can join in between.
    ///
    /// # Errors
    /// The offsets of some or all partitions were not reset, or the result is unknown. Repeating the call is harmless.
    pub async fn reset_offsets(&self, partitions: usize) -> Result<bool, Error> {
        let beginning = self.all(partitions, Offset::Offset(0))?;
        let taken = self
            .ask(move |client| match client.commit(&beginning, CommitMode::Sync) {
                Ok(()) => Ok(true),
                Err(error) if error.rdkafka_error_code().is_some_and(means_members) => Ok(false),
                Err(error) => Err(error.into()),
            })
            .await?;
        if taken && self.committed(partitions).await?.iter().any(|offset| *offset != Some(0)) {
            return Err(unavailable("the offsets of the group were not reset in every partition").into());
        }
        Ok(taken)
    }

    fn all(&self, partitions: usize, offset: Offset) -> Result<TopicPartitionList, Error> {
        let mut list = TopicPartitionList::with_capacity(partitions);
        for partition in 0..number(partitions) {
            list.add_partition_offset(&self.settings.source_topic, partition, offset)?;
        }
        Ok(list)
    }

    /// Runs a request in a blocking task, because librdkafka blocks the calling thread until the answer.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&BaseConsumer<Diagnostics>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let client = Arc::clone(&self.client);
        tokio::task::spawn_blocking(move || question(&client)).await.map_err(unavailable)?
    }
}

/// Whether the error means that the group has other members.
fn means_members(code: Code) -> bool {
    matches!(code, Code::UnknownMemberId | Code::IllegalGeneration | Code::RebalanceInProgress)
}

fn number(partitions: usize) -> i32 {
    i32::try_from(partitions).unwrap_or(i32::MAX)
}
