//! A transaction that waits for a target: the server ends the session of a frozen process, and not that of one that waits.

use std::{pin::pin, time::Duration};

use consumer::Failure;
use database::{Statement, Transaction, statement};
use tokio::{select, time::sleep};

const KEEP_ALIVE: Statement = statement!("segments/syncs/keep_alive");

/// Shorter than the time for which a transaction may be idle.
const EVERY: Duration = Duration::from_secs(10);

/// Waits for `work`, and runs an empty statement from time to time. If the session has ended, `work` is given up.
pub(super) async fn while_alive<T>(transaction: &Transaction, work: impl Future<Output = T>) -> Result<T, Failure> {
    let mut work = pin!(work);
    loop {
        select! {
            done = &mut work => return Ok(done),
            () = sleep(EVERY) => drop(transaction.query(&KEEP_ALIVE, []).await?),
        }
    }
}
