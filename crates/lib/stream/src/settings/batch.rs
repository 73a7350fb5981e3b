//! Settings of the loop: batches, schedule, `load_src`.

use std::num::NonZeroUsize;

use clap::Args;
use runtime::settings::whole_number;
use schedule::Schedule;

/// The settings of the loop.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Batches")]
pub struct BatchSettings {
    /// Maximum number of records in a batch.
    ///
    /// A larger batch needs fewer round trips and more memory, and more records are processed again after a crash.
    #[arg(long, env = "BATCH_SIZE", value_name = "RECORDS", default_value = "100",
          value_parser = whole_number("a number of records", NonZeroUsize::MIN..))]
    pub batch_size: NonZeroUsize,

    /// Maximum number of batches that are processed concurrently.
    ///
    /// Each batch uses a connection of the pool, so DATABASE_POOL_SIZE is a limit as well. With 1, batches are processed one after the
    /// other. After a failure, batches are processed one by one until the failure is over.
    #[arg(long, env = "BATCHES_IN_FLIGHT", value_name = "BATCHES", default_value = "2",
          value_parser = whole_number("a number of batches", NonZeroUsize::MIN..))]
    pub batches_in_flight: NonZeroUsize,

    /// Schedule of the work: an interval (`25s`), a cron line in UTC (`*/5 * * * *`), or `continuous`.
    ///
    /// An interval is at least a second. A cron line has five fields, or six with seconds first. Each tick processes the records that the
    /// topic holds when the tick begins. `continuous` processes records as they arrive, in more and smaller transactions.
    #[arg(long, env = "SCHEDULE", value_name = "WHEN", default_value = "25s")]
    pub schedule: Schedule,

    /// Value of the column `load_src` in the warehouse.
    #[arg(long, env = "LOAD_SRC", value_name = "NAME", default_value = "orders-system-kafka")]
    pub load_src: String,
}
