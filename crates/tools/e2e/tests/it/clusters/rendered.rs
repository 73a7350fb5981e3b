//! Manifests rendered by Helm: command, environment variables and files of each component.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// The rendered values of a cluster, and the examples of its secrets.
pub(super) struct Rendered {
    containers: BTreeMap<String, Container>,
    examples: BTreeMap<String, String>,
}

/// A container of a pod.
pub(super) struct Container {
    /// The program, without its folder, and its arguments.
    pub(super) command: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    /// By the path.
    pub(super) files: BTreeMap<String, File>,
    pub(super) replicas: u64,
}

/// Source of the content of a file.
pub(super) struct File {
    /// `secret` or `configMap`.
    pub(super) kind: String,
    pub(super) key: String,
}

impl Rendered {
    /// Has Helm render `deploy/clusters/NAME.yaml`, and reads the examples beside it.
    pub(super) async fn of(cluster: &str) -> Result<Self> {
        Self::with(cluster, &[]).await
    }

    /// The same with more files of values.
    pub(super) async fn with(cluster: &str, more: &[&str]) -> Result<Self> {
        let root = Path::new(ROOT);
        let python = root.join("target/venvs/helm/bin/python");
        ensure!(python.exists(), "Helm is not installed: run `make test-helm` once");
        let file = root.join("deploy/clusters").join(format!("{cluster}.yaml"));
        let mut command = Command::new(python);
        command.arg(root.join("helm/tests/environment.py")).arg(&file).args(more.iter().map(|file| root.join(file)));
        let output = command.output().await?;
        ensure!(output.status.success(), "{cluster}: {}", String::from_utf8_lossy(&output.stderr));
        let rendered: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout)?;
        let containers = rendered.into_iter().map(|(name, told)| anyhow::Ok((name, Container::read(&told)?)));
        let text = std::fs::read_to_string(file.with_extension("secrets.env"))?;
        let examples = text.lines().filter_map(|line| line.split_once('='));
        Ok(Self {
            containers: containers.collect::<Result<_>>()?,
            examples: examples.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// The container of a component.
    pub(super) fn container(&self, component: &str) -> Result<&Container> {
        self.containers.get(component).with_context(|| format!("nothing of {component} is rendered"))
    }

    /// Example of a secret of this cluster.
    pub(super) fn example(&self, name: &str) -> Result<&str> {
        Ok(self.examples.get(name).with_context(|| format!("no example of {name}"))?)
    }

    /// Whether each component logs in to PostgreSQL as a separate role.
    pub(super) fn has_roles(&self) -> bool {
        !self.examples.contains_key("DATABASE_URL")
    }

    /// Number of partitions of the topics.
    pub(super) fn partitions(&self) -> Result<i32> {
        Ok(self.container("stg")?.environment.get("KAFKA_TOPIC_PARTITIONS").context("no partitions")?.parse()?)
    }
}

impl Container {
    fn read(told: &Value) -> Result<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
        let command = told["command"].as_array().context("no command")?.iter().map(text).collect::<Result<Vec<_>>>()?;
        let variables = told["environment"].as_object().context("no environment")?.iter();
        let files = told["files"].as_object().context("no files")?.iter();
        let file = |source: &Value| anyhow::Ok(File { kind: text(&source["kind"])?, key: text(&source["key"])? });
        Ok(Self {
            command: command.iter().map(|word| word.rsplit('/').next().unwrap_or_default().to_owned()).collect(),
            environment: variables
                .map(|(name, value)| anyhow::Ok((name.clone(), text(value)?)))
                .collect::<Result<_>>()?,
            files: files.map(|(path, source)| anyhow::Ok((path.clone(), file(source)?))).collect::<Result<_>>()?,
            replicas: told["replicas"].as_u64().context("no replicas")?,
        })
    }
}
