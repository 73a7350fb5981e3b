//! Settings of a run, from arguments or environment variables (`make chaos SEED=7 ROUNDS=3`).

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Injects faults into the pipeline and its servers, and checks every number.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Settings {
    /// Seed of all random choices: orders, faults, moments.
    #[arg(long, env = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Number of rounds of faults; twenty contain every kind at least once.
    #[arg(long, env = "ROUNDS", default_value_t = 20)]
    pub rounds: usize,
    /// Parts of the names of faults, or of hostile input, separated by commas: only these are injected [default: all].
    #[arg(long, env = "FAULTS", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// Number of new orders per second. An order has two events on average.
    #[arg(long, env = "RATE", default_value_t = 30.0)]
    pub rate: f64,
    /// Number of partitions of each topic.
    #[arg(long, env = "PARTITIONS", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..))]
    pub partitions: i32,
    /// Instead of rounds: restarts Kafka this many times under load, and measures the time until the services commit
    /// again.
    #[arg(long, env = "BROKER")]
    pub broker: Option<usize>,
    /// Instead of rounds: input that is small on the wire and large in memory, and the memory that each service takes.
    #[arg(long, env = "HOSTILE", action = clap::ArgAction::Set, default_value = "0",
          value_parser = clap::builder::BoolishValueParser::new())]
    pub hostile: bool,
    /// Rounds with elt-service instead: both its databases, Redis, two replicas.
    #[arg(long, env = "ELT", action = clap::ArgAction::Set, default_value = "0",
          value_parser = clap::builder::BoolishValueParser::new())]
    pub elt: bool,
    /// Only rounds with segments-service: PostgreSQL, Kafka, two replicas, webhook receivers. Without it they follow those of the pipeline.
    #[arg(long, env = "SEGMENTS", action = clap::ArgAction::Set, default_value = "0",
          value_parser = clap::builder::BoolishValueParser::new())]
    pub segments: bool,
    /// Instead of rounds: a soak of this duration, with a SIGKILL of a service every KILL_EVERY.
    #[arg(long, env = "DURATION", value_parser = humantime::parse_duration)]
    pub duration: Option<Duration>,
    /// Interval between two kills of a soak.
    #[arg(long, env = "KILL_EVERY", default_value = "10s", value_parser = humantime::parse_duration)]
    pub kill_every: Duration,
    /// In a soak: restarts Kafka at this interval instead of killing services. Kafka is down for 1 to 30 seconds.
    #[arg(long, env = "BROKER_RESTARTS", value_parser = humantime::parse_duration)]
    pub broker_restarts: Option<Duration>,
    /// Session timeout of the consumer groups.
    #[arg(long, env = "KAFKA_SESSION_TIMEOUT", default_value = "6s", value_parser = humantime::parse_duration)]
    pub session_timeout: Duration,
    /// Folder for logs [default: a new temporary folder, kept only after a failure].
    #[arg(long, env = "LOGS")]
    pub logs: Option<PathBuf>,
}

impl Settings {
    /// Whether a fault is to be injected: its name contains one of the wanted parts, or none is given.
    pub(crate) fn wants(&self, fault: &str) -> bool {
        let mut parts = self.faults.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).peekable();
        parts.peek().is_none() || parts.any(|part| fault.contains(part))
    }
}
