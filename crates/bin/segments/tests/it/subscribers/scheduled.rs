//! The scheduler of syncs: a subscription with a cron line, and two replicas with one subscription.

use std::{collections::BTreeSet, process::Command};

use serde_json::json;

use super::process::{Running, SETTINGS, STATUS, USER};
use crate::service::Service;

/// What `sync --due` says.
fn sync_due(running: &Running) -> anyhow::Result<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
    command.env_clear().env("DATABASE_URL", &running.fixture.url).envs(SETTINGS).args(["sync", "--due"]);
    let output = command.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_cron_line_changes_wait_for_its_time() -> anyhow::Result<()> {
    let running = Running::new().await?;
    running.subscribe_with(&json!({}), Some("0 0 1 1 *"));
    running.until(STATUS, "uploaded").await?;
    for (call, list) in [(1, "add"), (2, "remove")] {
        running.set(list);
        assert_eq!((sync_due(&running)?.as_str(), running.receiver.calls()), ("", call - 1), "it is not New Year");
        let new_year = "UPDATE segments.syncs SET success_at = success_at - interval '1 year'";
        running.fixture.run(new_year).await?;
        running.receiver.until_called(call).await?;
        assert_eq!(running.receiver.holds().contains(USER), list == "add");
        let rows = "SELECT count(*) FROM segments.log WHERE action = 'update' AND state = 'success'";
        running.until(rows, &(call + 1).to_string()).await?;
    }
    assert_eq!((sync_due(&running)?.as_str(), running.receiver.calls()), ("", 2));
    Ok(())
}

/// Users who join, in requests of `AT_ONCE`, and change in batches of a tenth of that.
const USERS: u32 = 400;
const AT_ONCE: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_send_each_change_once() -> anyhow::Result<()> {
    let running = Running::new().await?;
    let _other = Service::start(&running.fixture.url, &SETTINGS).await?;
    let users = format!("SELECT 's' || n FROM generate_series(1, {USERS}) AS n");
    running.fixture.run(&format!("INSERT INTO segments.users (source_id) {users}")).await?;
    running.subscribe_with(&json!({"batch": AT_ONCE / 10}), None);
    running.until(STATUS, "uploaded").await?;
    let members = "SELECT count(*) FROM segments.deliveries WHERE membership_id IS NOT NULL";
    for (list, expected) in [("add", USERS), ("remove", 0)] {
        for first in (1..=USERS).step_by(usize::try_from(AT_ONCE)?) {
            let user = |number: u32| json!(format!("source:s{number}"));
            let user = |number| if list == "add" { json!({"user": user(number)}) } else { user(number) };
            let users: Vec<_> = (first..first + AT_ONCE).map(user).collect();
            running.ask("POST", "/segments/A/members/batch", &json!({list: users}).to_string(), 200);
        }
        running.until(members, &expected.to_string()).await?;
        assert_eq!(running.receiver.holds().len(), usize::try_from(expected)?);
    }
    let received = running.receiver.received();
    let changes = received.iter().flat_map(|request| request.body["data"]["changes"].as_array().into_iter().flatten());
    let ids: Vec<&str> = changes.filter_map(|change| change["change_id"].as_str()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a change was sent twice");
    assert_eq!(ids.len(), 2 * usize::try_from(USERS)?);
    Ok(())
}
