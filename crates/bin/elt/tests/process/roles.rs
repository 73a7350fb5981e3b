//! The roles that `sql/roles` creates are enough for the jobs of the compose file.

use std::{path::Path, process::Command};

use crate::fixture::{Fixture, connect, texts};

/// Runs a script of `sql/roles` as psql does.
fn run_script(url: &str, name: &str, schema: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../sql/roles").join(name);
    let mut command = Command::new("psql");
    command.args([
        url,
        "--no-psqlrc",
        "--quiet",
        "--set",
        "password=hunter2",
        "--set",
        &format!("schema={schema}"),
        "--file",
    ]);
    let output = command.arg(script).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn the_roles_of_the_scripts_are_enough_for_the_jobs_of_the_compose_file() -> anyhow::Result<()> {
    let mut fixture = Fixture::empty().await?;
    let stack = devstack::shared().await?;
    warehouse::MIGRATIONS.apply(&database::Settings::from_url(&fixture.source_url, None, 1)?).await?;
    fixture.target_url = stack.create_database(&stack.fresh_name("elt_a").await?).await?;
    for _ in 0..2 {
        run_script(&fixture.source_url, "create_elt_source_role.sql", "cdm");
        run_script(&fixture.target_url, "create_elt_target_role.sql", "public");
    }
    fixture.source.batch_execute(
        "INSERT INTO cdm.user_tags VALUES (gen_random_uuid(), 1, 'Любитель пиццы', '2026-11-30 10:00');
         INSERT INTO cdm.user_tag_events (user_id, rule_id, change_no, source_id, tag, action, subject, subject_name, order_cnt, threshold, at)
         VALUES (gen_random_uuid(), 1, 1, 'u', 'Любитель пиццы', 'assigned', 'category', 'Пицца', 10, 10, '2026-11-30 10:00')",
    ).await?;
    fixture.source_url = fixture.source_url.replacen("tagmill@", "tagmill_elt_source@", 1);
    fixture.target_url = fixture.target_url.replacen("tagmill@", "tagmill_elt_target@", 1);
    fixture.good(&["migrate"]);
    let check = fixture.good(&["check"]);
    assert!(!check.contains("warning"), "{check}");
    let jobs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../deploy/elt/jobs");
    for file in std::fs::read_dir(jobs)? {
        let file = file?.path();
        fixture.write_job(file.file_name().unwrap().to_str().unwrap(), &std::fs::read_to_string(&file)?);
    }
    let text = fixture.good(&["validate"]);
    assert!(!text.contains("warning") && !text.contains("row by row"), "{text}");
    fixture.good(&["run", "user_tags", "user_tag_events"]);
    let target = connect(&fixture.target_url).await?;
    assert_eq!(texts(&target, "SELECT tag FROM user_tags UNION ALL SELECT tag FROM user_tag_events").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn the_rights_that_operations_names_are_enough_for_the_user_of_redis() -> anyhow::Result<()> {
    let mut fixture = Fixture::new().await?;
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../deploy/operations.md"))?;
    let row = page.lines().find(|line| line.starts_with("| `elt-service` | –")).unwrap();
    let rights = row.rsplit('|').nth(1).unwrap().replace('`', "").replace(" and ", " ");
    let user = devstack::shared().await?.fresh_name("elt_user").await?;
    let patience = Some(std::time::Duration::from_secs(60));
    let config = redis::AsyncConnectionConfig::new().set_connection_timeout(patience).set_response_timeout(patience);
    let client = redis::Client::open(fixture.redis_url.as_str())?;
    let mut admin = client.get_multiplexed_async_connection_with_config(&config).await?;
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg(&user);
    for right in ["on", ">hunter2", "resetkeys", "-@all"].into_iter().chain(rights.split_whitespace()) {
        command.arg(right);
    }
    command.exec_async(&mut admin).await?;
    fixture.redis_url = fixture.redis_url.replacen("redis://", &format!("redis://{user}:hunter2@"), 1);
    for _ in 0..3 {
        let outcome = fixture.json(&["run", "items", "--json"]);
        assert_eq!((&outcome["outcome"], &outcome["notes"]), (&"ok".into(), &serde_json::json!([])), "{outcome}");
    }
    assert!(fixture.good(&["check"]).contains("ok     redis\n"));
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut admin).await?;
    assert!(keys.len() >= 2 && keys.iter().all(|key| key.starts_with("elt:")), "{keys:?}");
    Ok(())
}
