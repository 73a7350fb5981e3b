//! Tests of the command line: the environment of the command, and cleanup after a kill.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support;

fn devstack() -> Command {
    Command::new(env!("CARGO_BIN_EXE_devstack"))
}

#[test]
fn run_passes_the_addresses_and_returns_the_exit_status_of_the_command() {
    let script = r#"test -f "$TAGMILL_STACK" && echo "$KAFKA_BOOTSTRAP_SERVERS $DATABASE_URL $REDIS_URL"; exit 7"#;
    let output = devstack().args(["run", "--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("127.0.0.1:") && text.contains(" postgres://") && text.contains(" redis://"), "{text}");
}

#[tokio::test]
async fn servers_end_with_their_killed_owner() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut owner =
        devstack().arg("up").env("TMPDIR", folder.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines: Vec<_> = BufReader::new(owner.stdout.take().unwrap()).lines().take(4).map(Result::unwrap).collect();
    assert!(lines.iter().all(|line| line.starts_with("export ")), "{lines:?}");
    assert!(support::processes_in(folder.path()) > 3);

    owner.kill().unwrap();
    owner.wait().unwrap();
    support::until("every process is gone", || support::processes_in(folder.path()) == 0).await;
    support::until("the folder is empty", || fs::read_dir(folder.path()).unwrap().next().is_none()).await;
}
