//! A process that dies between the answer of a receiver and its record, and one that is frozen just before it sends.

use std::process::Command;

use super::{Outcome, Subscribed, complete};
use crate::service::Service;

fn settings(failpoint: &str) -> [(&str, &str); 2] {
    [("WEBHOOK_PRIVATE", "allow"), ("FAILPOINTS", failpoint)]
}

/// Syncs as soon as the server has noticed that the other process is gone.
async fn until_free(subscribed: &Subscribed) -> anyhow::Result<Outcome> {
    loop {
        match subscribed.sync().await? {
            Outcome::Busy => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            outcome => return Ok(outcome),
        }
    }
}

#[tokio::test]
async fn after_sigkill_between_answer_and_record_the_same_changes_are_sent_again_and_nothing_else() -> anyhow::Result<()>
{
    let subscribed = Subscribed::new(3).await?;
    subscribed.set(1, 3, true).await?;
    let mut service = Service::launch(&subscribed.fixture.url, &settings("sync sent=return"))?;
    service.until_ended().await?;
    assert_eq!(subscribed.receiver.calls(), 1);
    assert_eq!(until_free(&subscribed).await?, complete(3));
    let received = subscribed.receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].id, received[1].id, "the id is a hash of the content");
    assert_eq!(received[0].body["data"], received[1].body["data"]);
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn a_frozen_process_that_resumes_before_sending_does_not_harm_the_receiver() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(3).await?;
    subscribed.set(1, 3, true).await?;
    let service = Service::launch(&subscribed.fixture.url, &settings("sync sending=return(stop)"))?;
    // Only now is it just before sending: its transactions are idle at other times too.
    let state = format!("/proc/{}/stat", service.process());
    let begin = tokio::time::Instant::now();
    while !std::fs::read_to_string(&state)?.contains(") T ") {
        anyhow::ensure!(begin.elapsed().as_secs() < 60, "no sync is frozen: {}", service.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let waiting =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let pid = subscribed.fixture.rows(waiting).await?.pop().unwrap();
    // As idle_in_transaction_session_timeout does after a minute.
    subscribed.fixture.run(&format!("SELECT pg_terminate_backend({pid})")).await?;
    assert_eq!(until_free(&subscribed).await?, complete(3));
    subscribed.set(1, 2, false).await?;
    assert_eq!(subscribed.sync().await?, complete(2));
    let before = subscribed.receiver.calls();
    let resumed = Command::new("kill").args(["-CONT", &service.process().to_string()]).status()?;
    anyhow::ensure!(resumed.success(), "SIGCONT");
    // The late message adds users who have left since. The receiver has seen higher sequences.
    subscribed.receiver.until_called(before + 1).await?;
    subscribed.holds_the_members().await
}
