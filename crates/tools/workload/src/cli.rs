//! The command line: `generate` writes a data set, `load` feeds one to the pipeline.

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

/// Makes orders, and feeds them to a running pipeline.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) enum Command {
    /// Write a data set: orders.jsonl and reference.jsonl.
    Generate(Generate),
    /// Put a data set into Redis and Kafka and watch it go through.
    Load(Load),
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// Compress the files.
    #[arg(long)]
    gzip: bool,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Distinct orders.
    #[arg(long, default_value_t = 50_000)]
    orders: u64,
    /// Users [default: one for ten orders].
    #[arg(long)]
    users: Option<u32>,
    /// Restaurants [default: 24].
    #[arg(long)]
    restaurants: Option<u32>,
    /// When the week begins [default: a Monday long past].
    #[arg(long)]
    start: Option<DateTime>,
    /// Share of unusual orders in the stream.
    #[arg(long, default_value = "usual")]
    mix: Named,
}

/// A mix by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Named {
    /// One CLOSED event an order.
    Clean,
    /// A working week.
    Usual,
    /// A bad week, with unreadable records.
    Dirty,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The folder with orders.jsonl and reference.jsonl, plain or .gz.
    #[arg(long)]
    data: PathBuf,
    /// Kafka, as host:port.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS")]
    bootstrap: String,
    /// Redis, as a URL.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    redis: String,
    /// The topic of the orders.
    #[arg(long, env = "KAFKA_SOURCE_TOPIC", default_value = load::ORDERS_TOPIC)]
    topic: String,
    /// Events a second at most.
    #[arg(long)]
    rate: Option<f64>,
    /// Stay until every stage has read everything.
    #[arg(long)]
    follow: bool,
    /// A setting of librdkafka, such as security.protocol=ssl; may be repeated.
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
        println!("{:#?}", generator.tally());
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
        let done = async |stages: &[watch::Reading]| {
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
    let (name, value) = text.split_once('=').ok_or("a setting reads NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
