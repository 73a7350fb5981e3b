//! A pipeline with topics, groups, a database and a Redis database of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use devstack::{Endpoints, Topic};
use tempfile::TempDir;

use crate::layer::Layer;
use crate::program::{self, Environment};

pub(crate) mod service;
mod services;
mod wait_idle;
pub(crate) mod workload;

/// The template of all databases.
const TEMPLATE: &str = "e2e_template";

/// Amount of each log shown for a failed test.
const LAST_LINES: usize = 40;

/// Additional rules of all pipelines of tests, so that every test also tests tags.
const TAG_RULES: &str = "
    INSERT INTO cdm.tag_rules (subject, subject_key, threshold, tag)
    SELECT 'category', r.subject_key, 2, 'Не в первый раз: ' || r.subject_key FROM cdm.tag_rules AS r
    UNION ALL SELECT 'category', r.subject_key, 4, 'Снова и снова: ' || r.subject_key FROM cdm.tag_rules AS r";

/// Everything that the services need. It prints the ends of their logs when dropped.
pub struct Pipeline {
    endpoints: Endpoints,
    /// Addresses for the services; the same as those of the stack, unless there are proxies.
    way: Endpoints,
    /// Whether the ends of the logs are printed in the end.
    talks: bool,
    /// Whether each service has the memory of a pod.
    in_pods: bool,
    name: String,
    partitions: i32,
    redis_database: u16,
    /// Holds the logs.
    folder: TempDir,
    processes: AtomicU32,
}

impl Pipeline {
    /// Creates a pipeline on the shared stack; every topic has this number of partitions.
    ///
    /// # Errors
    /// If the stack does not answer, or the services have not been built.
    pub async fn start(partitions: i32) -> Result<Self> {
        Self::start_on(devstack::shared().await?, partitions).await
    }

    /// Creates a pipeline on a stack of your own, for tests that inject faults into it.
    ///
    /// # Errors
    /// As [`Pipeline::start`].
    pub async fn start_on(endpoints: &Endpoints, partitions: i32) -> Result<Self> {
        let pipeline = Self::start_plain_on(endpoints, partitions).await?;
        pipeline.sql(TAG_RULES).await?;
        Ok(pipeline)
    }

    /// The same with the rules of a new installation only.
    ///
    /// # Errors
    /// As [`Pipeline::start`].
    pub async fn start_plain_on(endpoints: &Endpoints, partitions: i32) -> Result<Self> {
        endpoints.template_database(TEMPLATE, migrate).await?;
        let name = endpoints.fresh_name("e2e").await?;
        endpoints.create_database_from(TEMPLATE, &name).await?;
        let pipeline = Self {
            endpoints: endpoints.clone(),
            way: endpoints.clone(),
            talks: true,
            in_pods: false,
            name,
            partitions,
            redis_database: endpoints.fresh_redis_database().await?,
            folder: tempfile::Builder::new().prefix("tagmill-e2e-").tempdir()?,
            processes: AtomicU32::new(0),
        };
        let data = Layer::ALL.map(|layer| Topic::data(pipeline.source(layer), partitions));
        let tags = Topic::data(pipeline.destination(Layer::Cdm), partitions);
        let dead_letters = Layer::ALL.map(|layer| Topic::dead_letters(pipeline.dead_letters(layer), partitions));
        let topics: Vec<Topic> = data.into_iter().chain([tags]).chain(dead_letters).collect();
        endpoints.create_topics(&topics).await?;
        Ok(pipeline)
    }

    /// Gives the services other addresses of the same servers, through proxies. The harness itself connects directly.
    #[must_use]
    pub fn via(mut self, way: &Endpoints) -> Self {
        self.way = way.clone();
        self
    }

    /// Does not print the ends of the logs when dropped.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.talks = false;
        self
    }

    /// Limits the memory of each service to that of a pod of the chart.
    #[must_use]
    pub fn in_pods_of_128_mib(mut self) -> Self {
        self.in_pods = true;
        self
    }

    pub(crate) fn in_pods(&self) -> bool {
        self.in_pods
    }

    /// Addresses of the stack.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Addresses of Kafka, PostgreSQL and Redis for the services.
    pub(crate) fn way(&self) -> [(&'static str, String); 3] {
        [
            ("KAFKA_BOOTSTRAP_SERVERS", self.way.bootstrap_servers()),
            ("DATABASE_URL", self.way.database_url(&self.name)),
            ("REDIS_URL", self.way.redis_url(self.redis_database)),
        ]
    }

    /// Number of partitions of each topic at creation.
    #[must_use]
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The topic that the service of a layer reads.
    #[must_use]
    pub fn source(&self, layer: Layer) -> String {
        format!("{}-for-{}", self.name, layer.stem())
    }

    /// The topic that the service of a layer writes.
    #[must_use]
    pub fn destination(&self, layer: Layer) -> String {
        match layer {
            Layer::Stg => self.source(Layer::Dds),
            Layer::Dds => self.source(Layer::Cdm),
            Layer::Cdm => format!("{}-tags", self.name),
        }
    }

    /// The dead-letter topic of the service of a layer.
    #[must_use]
    pub fn dead_letters(&self, layer: Layer) -> String {
        format!("{}-{}-dead-letters", self.name, layer.stem())
    }

    /// The consumer group of a layer's service.
    #[must_use]
    pub fn group(&self, layer: Layer) -> String {
        format!("{}-{}", self.name, layer.stem())
    }

    /// The URL of the database.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.endpoints.database_url(&self.name)
    }

    /// The URL of the Redis database.
    #[must_use]
    pub fn redis_url(&self) -> String {
        self.endpoints.redis_url(self.redis_database)
    }

    /// All logs of the services so far, by name.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub fn logs(&self) -> Result<BTreeMap<String, String>> {
        let mut logs = BTreeMap::new();
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            logs.insert(name, String::from_utf8_lossy(&fs::read(&path)?).into_owned());
        }
        Ok(logs)
    }

    /// A number for a new process, and the file for its log.
    pub(crate) fn next_log(&self, layer: Layer) -> PathBuf {
        let number = self.processes.fetch_add(1, Ordering::Relaxed) + 1;
        self.folder.path().join(format!("{number:02}-{}.log", layer.stem()))
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if !self.talks {
            return;
        }
        for (name, text) in self.logs().unwrap_or_default() {
            let lines: Vec<&str> = text.lines().collect();
            println!("--- {name} of {}", self.name);
            println!("{}", lines[lines.len().saturating_sub(LAST_LINES)..].join("\n"));
        }
    }
}

/// Creates the schema as an operator does.
async fn migrate(url: String) -> Result<()> {
    let unused = [("KAFKA_BOOTSTRAP_SERVERS", "unused:9092"), ("REDIS_URL", "redis://unused")];
    let environment = unused.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment: Environment = environment.chain([("DATABASE_URL".to_owned(), url)]).collect();
    program::migrate(&Layer::Stg.binary(), &environment).await
}
