//! What users, requests and the process itself do while a refresh runs.

use segments::{
    changes::{Begun, Cause, Changes, Item, ItemKind, Items, Status, Who, Wish},
    percent::Assign,
};
use tokio::time::{Instant, sleep};

use super::{Automatic, running::until};

/// The advisory lock with which a test holds up a statement.
const HELD: i64 = 4242;

/// How many statements wait for the lock of the test, or for the lock of segment 1.
const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Users of the table `wanted`, and a segment of them.
async fn wanted(users: &[i32]) -> anyhow::Result<Automatic> {
    let automatic = Automatic::new(5).await?;
    automatic.fixture.run("CREATE TABLE public.wanted (user_id int); GRANT SELECT ON wanted TO PUBLIC").await?;
    want(&automatic, users).await?;
    automatic.query("A", "SELECT user_id FROM public.wanted").await?;
    automatic.succeeds("A").await?;
    Ok(automatic)
}

async fn want(automatic: &Automatic, users: &[i32]) -> anyhow::Result<()> {
    automatic.fixture.run(&format!("DELETE FROM wanted; INSERT INTO wanted SELECT unnest(ARRAY{users:?})")).await
}

/// Runs `change` while a session holds a lock that it has to wait for. `meanwhile` runs when it waits.
async fn held_up<T>(
    automatic: &Automatic,
    lock: &str,
    change: impl Future<Output = anyhow::Result<T>>,
    meanwhile: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<T> {
    automatic.fixture.run(&format!("BEGIN; SELECT {lock}")).await?;
    let freeing = async {
        until(automatic, WAITING, &["1"]).await?;
        meanwhile().await?;
        automatic.fixture.run("ROLLBACK").await
    };
    let (changed, freed) = tokio::join!(change, freeing);
    freed?;
    changed
}

#[tokio::test]
async fn an_instant_before_the_lock_was_free_stays_as_it_was_read() -> anyhow::Result<()> {
    let automatic = wanted(&[1, 2]).await?;
    want(&automatic, &[2, 3]).await?;
    let clock = "CREATE TABLE public.noted AS SELECT clock_timestamp() AT TIME ZONE 'UTC' AS at";
    // Another connection than the one that holds the lock, so that the table stays.
    let other = database::connect(&database::Settings::from_url(&automatic.fixture.url, None, 1)?).await?;
    let meanwhile = async || Ok(other.client.batch_execute(clock).await?);
    let lock = "pg_advisory_xact_lock_shared(hashint8extended(1, 7224647963))";
    held_up(&automatic, lock, automatic.succeeds("A"), meanwhile).await?;
    assert_eq!(automatic.members("A").await?, ["2", "3"]);
    let members =
        "SELECT user_id FROM segments.memberships, noted WHERE start_at <= at AND end_at > at ORDER BY user_id";
    assert_eq!(automatic.fixture.rows(members).await?, ["1", "2"], "the members of that instant");
    automatic.fixture.audit().await
}

#[tokio::test]
async fn a_user_who_joins_by_request_while_the_query_runs_has_one_membership() -> anyhow::Result<()> {
    let automatic = wanted(&[1]).await?;
    want(&automatic, &[1, 2, 3]).await?;
    let sql = format!("SELECT user_id FROM public.wanted, (SELECT pg_advisory_xact_lock_shared({HELD})) AS held");
    let params = serde_json::json!({ "query": { "sql": sql } });
    automatic.fixture.run(&format!("UPDATE segmenter_segments SET refresh_params = '{params}'")).await?;
    let changes = Changes::new(automatic.fixture.pool()?);
    let meanwhile = async || {
        let join = |_: &_| Ok::<_, ()>(vec![Wish::Join { segment_id: 1, end: database::PgTimestamp::INFINITY }]);
        let leave = |_: &_| Ok::<_, ()>(vec![Wish::Leave { segment_id: 1 }]);
        for user in [2, 3, 4] {
            changes.change_user(Who::Id(user), &["A"], &Cause::task("test"), join).await.unwrap();
        }
        changes.change_user(Who::Id(3), &["A"], &Cause::task("test"), leave).await.unwrap();
        Ok(())
    };
    held_up(&automatic, &format!("pg_advisory_xact_lock({HELD})"), automatic.succeeds("A"), meanwhile).await?;
    let open = "SELECT user_id, by_refresh FROM segments.memberships WHERE closed_by IS NULL ORDER BY user_id";
    assert_eq!(automatic.fixture.rows(open).await?, ["1|true", "2|false", "3|true", "4|false"]);
    automatic.fixture.audit().await
}

/// Ways in which many users join a segment at once.
#[derive(Debug, Clone, Copy)]
enum Joining {
    Refresh,
    Snapshot,
    Live,
    Batch,
}

async fn join(automatic: &Automatic, changes: &Changes, joining: Joining) -> anyhow::Result<()> {
    let cause = Cause::task("test");
    let mode = match joining {
        Joining::Refresh => return automatic.succeeds("A").await,
        Joining::Snapshot => "snapshot",
        Joining::Live => "live",
        Joining::Batch => {
            let Ok(Begun::New(change)) = changes.begin(None).await else { anyhow::bail!("the batch does not begin") };
            change
                .stage(&[Item { line: 0, who: Who::Id(2), kind: ItemKind::Join(database::PgTimestamp::INFINITY) }])
                .await?;
            let applied = change.apply(Items { segment: "A", kind: "batch", shown: 1 }, &cause).await;
            anyhow::ensure!(applied.as_ref().is_ok_and(|applied| applied.added == 1), "{applied:?}");
            return Ok(change.commit("", &segments::changes::Answer { status: 200, body: String::new() }).await?);
        }
    };
    let assign = Assign::parse(&serde_json::json!({ "percent": 100, "mode": mode }))?;
    let assigned = changes.assign("A", &assign, &cause).await;
    anyhow::ensure!(assigned.is_ok(), "{assigned:?}");
    Ok(())
}

/// A transaction that opens memberships waits for the lock of the test before its commit.
async fn wait_after_joining(automatic: &Automatic) -> anyhow::Result<()> {
    automatic
        .fixture
        .run(&format!(
            "CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM pg_advisory_xact_lock_shared({HELD}); RETURN NULL;
            END $$;
            CREATE TRIGGER wait AFTER INSERT ON segments.memberships FOR EACH ROW EXECUTE FUNCTION public.wait()"
        ))
        .await
}

/// A user is removed after a statement has found the user active, and before its transaction is committed.
async fn remove_while_joining(joining: Joining) -> anyhow::Result<()> {
    let automatic = wanted(&[1]).await?;
    want(&automatic, &[1, 2]).await?;
    let changes = Changes::new(automatic.fixture.pool()?);
    wait_after_joining(&automatic).await?;
    let guid = automatic.fixture.rows("SELECT guid FROM segments.users WHERE user_id = 2").await?.remove(0).parse()?;
    let asked = changes.next_request().await?;
    let mut removing = None;
    let meanwhile = async || {
        let changes = changes.clone();
        let task =
            tokio::spawn(
                async move { changes.set_status(guid, Status::Removed, asked, false, &Cause::task("test")).await },
            );
        // It waits for the row of the user, unless nobody has locked it.
        let waits = "SELECT count(*) FROM pg_locks WHERE locktype IN ('transactionid', 'tuple') AND NOT granted AND pid IN
            (SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
        let begin = Instant::now();
        while !task.is_finished() && automatic.fixture.rows(waits).await? == ["0"] {
            anyhow::ensure!(begin.elapsed() < std::time::Duration::from_secs(30), "nobody waits");
            sleep(std::time::Duration::from_millis(20)).await;
        }
        removing = Some(task);
        Ok(())
    };
    let lock = format!("pg_advisory_xact_lock({HELD})");
    held_up(&automatic, &lock, join(&automatic, &changes, joining), meanwhile).await?;
    removing.unwrap().await??;
    let found = "SELECT status FROM segments.users WHERE user_id = 2";
    assert_eq!(automatic.fixture.rows(found).await?, ["removed"], "{joining:?}");
    automatic.fixture.audit().await
}

#[tokio::test]
async fn a_user_who_is_removed_while_a_refresh_adds_the_user_is_no_member() -> anyhow::Result<()> {
    remove_while_joining(Joining::Refresh).await
}

#[tokio::test]
async fn a_user_who_is_removed_while_a_snapshot_adds_the_user_is_no_member() -> anyhow::Result<()> {
    remove_while_joining(Joining::Snapshot).await
}

#[tokio::test]
async fn a_user_who_is_removed_while_a_live_percentage_adds_the_user_is_no_member() -> anyhow::Result<()> {
    remove_while_joining(Joining::Live).await
}

#[tokio::test]
async fn a_user_who_is_removed_while_a_batch_adds_the_user_is_no_member() -> anyhow::Result<()> {
    remove_while_joining(Joining::Batch).await
}

#[tokio::test]
async fn a_user_who_is_created_before_the_commit_of_a_live_percentage_is_a_member() -> anyhow::Result<()> {
    let automatic = Automatic::new(3).await?;
    automatic.fixture.run("INSERT INTO segmenter_segments (name) VALUES ('A')").await?;
    wait_after_joining(&automatic).await?;
    let changes = Changes::new(automatic.fixture.pool()?);
    let guid = uuid::Uuid::from_u128(7);
    let mut creating = None;
    let meanwhile = async || {
        let changes = changes.clone();
        let task = tokio::spawn(async move { changes.create_guid(guid, &Cause::task("test")).await });
        // It waits for the assignment, unless they do not know of each other.
        let begin = Instant::now();
        while !task.is_finished() && automatic.fixture.rows(WAITING).await? == ["1"] {
            anyhow::ensure!(begin.elapsed() < std::time::Duration::from_secs(30), "nobody waits");
            sleep(std::time::Duration::from_millis(20)).await;
        }
        creating = Some(task);
        Ok(())
    };
    let lock = format!("pg_advisory_xact_lock({HELD})");
    held_up(&automatic, &lock, join(&automatic, &changes, Joining::Live), meanwhile).await?;
    creating.unwrap().await??;
    let members = "SELECT user_id FROM segments.memberships WHERE closed_by IS NULL ORDER BY user_id";
    assert_eq!(automatic.fixture.rows(members).await?, ["1", "2", "3", "4"]);
    automatic.fixture.audit().await
}
