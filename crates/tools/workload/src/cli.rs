//! Command line of `workload`: `generate` writes a data set, `load` loads one into a running pipeline.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, ValueEnum};
use jiff::civil::DateTime;
use workload::broker::Broker;
use workload::files;
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};
use workload::load::{self, Loader};
use workload::watch::{self, Board, Observer, Row, WatchedStage};

/// Generates orders, and loads them into a running pipeline.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) enum Command {
    /// Writes a data set: orders.jsonl and reference.jsonl.
    Generate(Generate),
    /// Loads a data set into Redis and Kafka, and shows the progress of each service.
    Load(Load),
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Folder for the data set.
    #[arg(long)]
    out: PathBuf,
    /// Compresses the files.
    #[arg(long)]
    gzip: bool,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of distinct orders.
    #[arg(long, default_value_t = 50_000)]
    orders: u64,
    /// Number of users [default: one for ten orders].
    #[arg(long)]
    users: Option<u32>,
    /// Number of restaurants [default: 24].
    #[arg(long)]
    restaurants: Option<u32>,
    /// First day of the week [default: 2025-03-03].
    #[arg(long)]
    start: Option<DateTime>,
    /// Shares of unusual orders in the stream.
    #[arg(long, default_value = "usual")]
    mix: Named,
}

/// A mix by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Named {
    /// One CLOSED event per order.
    Clean,
    /// A working week.
    Usual,
    /// A bad week, with unreadable records.
    Dirty,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Folder with orders.jsonl and reference.jsonl, plain or .gz.
    #[arg(long)]
    data: PathBuf,
    /// Address of Kafka, host:port.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS")]
    bootstrap: String,
    /// URL of Redis.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis: String,
    /// Topic of the orders.
    #[arg(long, env = "KAFKA_SOURCE_TOPIC", default_value = load::ORDERS_TOPIC)]
    topic: String,
    /// Maximum number of events per second.
    #[arg(long)]
    rate: Option<f64>,
    /// Waits until every service has processed everything.
    #[arg(long)]
    follow: bool,
    /// Setting of librdkafka, for example security.protocol=ssl. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    property: Vec<(String, String)>,
}

impl Command {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Generate(generate) => generate.run(),
            Self::Load(load) => load.run().await,
        }
    }
}

impl Generate {
    fn run(self) -> Result<()> {
        let usual = Options::new(self.seed, self.orders);
        let mut generator = Generator::new(&Options {
            users: self.users.unwrap_or(usual.users),
            restaurants: self.restaurants.unwrap_or(usual.restaurants),
            start: self.start.unwrap_or(usual.start),
            mix: match self.mix {
                Named::Clean => Mix::clean(),
                Named::Usual => Mix::default(),
                Named::Dirty => Mix::dirty(),
            },
            ..usual
        });
        files::write(&self.out, self.gzip, &mut generator)?;
        println!("{:#?}", generator.counts());
        Ok(())
    }
}

impl Load {
    async fn run(self) -> Result<()> {
        let total = files::orders(&self.data)?.count() as u64;
        let objects = load::reference(&self.redis, files::reference(&self.data)?).await?;
        eprintln!("{objects} reference objects in Redis");

        let broker = Broker { bootstrap: self.bootstrap, properties: self.property };
        let loader = Loader::new(&broker, &self.topic)?;
        let observer = Observer::new(&broker, WatchedStage::pipeline(&self.topic))?;
        let progress = loader.progress();
        let head = || Row { name: "loaded".to_owned(), done: progress.borrow().acknowledged, total };
        let follow = self.follow;
        let done = async |stages: &[watch::StageProgress]| {
            let all = progress.borrow().acknowledged == total;
            Ok(all && (!follow || stages.iter().all(|stage| stage.lag() == 0)))
        };
        let mut board = Board::new();
        let (loaded, ()) = tokio::try_join!(
            loader.run(files::orders(&self.data)?, self.rate),
            watch::follow(&observer, &mut board, head, done),
        )?;
        let seconds = loaded.took.as_secs_f64();
        println!("{} events in {seconds:.1} s", loaded.events);
        Ok(())
    }
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a setting has the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
