//! Fixture of the tests of dead letters: topics and a database for each test.

use std::time::{Duration, UNIX_EPOCH};

use consumer::{DeadLetter, Header, Publisher as _, Record, Rejection};
use database::Database;
use devstack::Topic;
use kafka::{Publisher, Reader, Settings};
use stream::dead_letters::{List, Replay};

/// A source topic, its dead-letter topic, and the database that records which dead letters were sent back.
pub(crate) struct Fixture {
    pub(crate) kafka: Settings,
    pub(crate) database: Database,
}

impl Fixture {
    pub(crate) async fn set() -> anyhow::Result<Self> {
        let stack = devstack::shared().await?;
        let (source_topic, dead_letter_topic) =
            (stack.fresh_name("source").await?, stack.fresh_name("dead-letters").await?);
        let topics = [Topic::data(&source_topic, 2), Topic::dead_letters(&dead_letter_topic, 1)];
        stack.create_topics(&topics).await?;

        let database = stack.fresh_name("service_it").await?;
        let url = stack.create_database(&database).await?;
        let settings = database::Settings::from_url(&url, None, 2)?;
        warehouse::migrate(&settings).await?;

        let kafka = Settings {
            service: "it-service".to_owned(),
            bootstrap_servers: stack.bootstrap_servers(),
            group_id: stack.fresh_name("group").await?,
            source_topic,
            dead_letter_topic,
            ..Settings::default()
        };
        Ok(Self { kafka, database: Database::new(&settings) })
    }

    /// Sends dead letters one after the other, as a service does.
    pub(crate) async fn send_dead_letter(&self, letters: &[DeadLetter]) -> anyhow::Result<()> {
        Ok(Publisher::connect(&self.kafka)?.publish(&[], letters).await?)
    }

    /// A dead letter of a record of the source topic. Its time is a second later for each offset.
    pub(crate) fn letter(&self, offset: u32, reason: &'static str, value: Option<&[u8]>) -> DeadLetter {
        DeadLetter {
            record: Record {
                topic: self.kafka.source_topic.as_str().into(),
                partition: 1,
                offset: offset.into(),
                timestamp: Some(1_650_000_000_000 + i64::from(offset)),
                key: Some(b"key".to_vec()),
                value: value.map(<[u8]>::to_vec),
                headers: vec![header("trace", "1")],
            },
            rejection: Rejection::new(reason, "what is wrong"),
            failed_at: UNIX_EPOCH + Duration::from_secs(1_700_000_000 + u64::from(offset)),
        }
    }

    /// The current records of the source topic.
    pub(crate) async fn source(&self) -> anyhow::Result<Vec<Record>> {
        let mut reader = Reader::open(&self.kafka, &self.kafka.source_topic).await?;
        let mut records = Vec::new();
        while let Some(record) = reader.next().await? {
            records.push(record);
        }
        Ok(records)
    }

    /// The output of `dead-letters list`.
    pub(crate) async fn list(&self, list: &List) -> anyhow::Result<String> {
        let mut out = Vec::new();
        list.run(&self.kafka, Some(&self.database), &mut out).await?;
        Ok(String::from_utf8(out)?)
    }

    /// The output of `dead-letters replay`.
    pub(crate) async fn replay(&self, replay: &Replay) -> anyhow::Result<String> {
        let mut out = Vec::new();
        replay.run(&self.kafka, &self.database, &mut out).await?;
        Ok(String::from_utf8(out)?)
    }
}

pub(crate) fn header(name: &str, value: &str) -> Header {
    (name.to_owned(), Some(value.as_bytes().to_vec()))
}
