//! Two processes, one of them frozen in the middle of a cycle: an older snapshot never comes after a newer one.

use elt::{Options, Status};
use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::{
    child::{self, job},
    fixture::{Fixture, ITEMS, ITEMS_OF, rows},
};

#[tokio::test]
async fn a_paused_process_holds_the_lock_or_loses_its_transaction() -> anyhow::Result<()> {
    for point in ["staged", "upserted", "recorded"] {
        let fixture = Fixture::new().await?;
        fixture.write(ITEMS).await?;
        fixture.write("INSERT INTO items SELECT n, 'old' FROM generate_series(1, 100) AS n").await?;
        fixture.good(&job()).await?;
        fixture.write("UPDATE items SET title = 'older', updated_at = localtimestamp WHERE id <= 50").await?;

        let mut child = child::start(&fixture, &format!("{point}=return(stop)"))?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let stopped = tokio::task::spawn_blocking(move || waitpid(pid, Some(WaitPidFlag::WUNTRACED))).await??;
        assert!(matches!(stopped, WaitStatus::Stopped(..)), "{point}: {stopped:?}");
        fixture.write("UPDATE items SET title = 'newer', updated_at = localtimestamp WHERE id <= 60").await?;
        assert_eq!(fixture.cycle(&job()).await?.status, Status::Elsewhere, "{point}: it has the lock");

        // A ends the transaction of the frozen one, as it does after TIMEOUT, and another process goes on.
        fixture
            .target
            .batch_execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'
                 AND classid = 7224647 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            )
            .await?;
        fixture.good(&job()).await?;
        let newer = rows(&fixture.target, ITEMS_OF).await?;
        assert_eq!(newer, rows(&fixture.source, ITEMS_OF).await?, "{point}");

        kill(pid, Signal::SIGCONT)?;
        let status = tokio::task::spawn_blocking(move || child.wait()).await??;
        assert!(!status.success(), "{point}: the frozen cycle has failed");
        assert_eq!(rows(&fixture.target, ITEMS_OF).await?, newer, "{point}");
    }
    Ok(())
}

#[tokio::test]
async fn a_cycle_that_another_process_has_just_finished_is_skipped() -> anyhow::Result<()> {
    let fixture = Fixture::with(ITEMS, &job()).await?;
    let other = |seconds| Options {
        instance: "other".to_owned(),
        fresh: std::time::Duration::from_secs(seconds),
        ..fixture.options.clone()
    };
    assert_eq!(fixture.cycle_with(&job(), &other(150)).await?.status, Status::Elsewhere);
    assert_eq!(fixture.cycle_with(&job(), &other(0)).await?.status, Status::Ok);
    Ok(())
}
