//! How the loop works.

use std::num::NonZeroUsize;

use clap::Args;
use schedule::Schedule;

/// The settings of the loop.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Batches")]
pub struct BatchSettings {
    /// Records per microbatch, upper bound. More: fewer round trips, more memory, and more records that come again
    /// after a crash.
    #[arg(long, env, value_name = "RECORDS", default_value = "100")]
    pub batch_size: NonZeroUsize,

    /// Batches on their way side by side, upper bound, as long as all goes well: while one waits for the disk or for the
    /// broker, another one is worked on. Each takes a connection of DATABASE_POOL_SIZE. 1: one after the other.
    #[arg(long, env, value_name = "BATCHES", default_value = "2")]
    pub batches_in_flight: NonZeroUsize,

    /// When to work: an interval (`25s`), a cron line in UTC (`*/5 * * * *`), or `continuous`. A tick reads up to the
    /// end seen when it began; `continuous` never waits for more records, at the price of more, smaller transactions.
    #[arg(long, env, value_name = "WHEN", default_value = "25s")]
    pub schedule: Schedule,

    /// What the column `load_src` of the warehouse says about rows that come from this stream.
    #[arg(long, env, value_name = "NAME", default_value = "orders-system-kafka")]
    pub load_src: String,
}
