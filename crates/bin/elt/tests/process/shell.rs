//! Settings, exit codes, migrations, `check`.

use crate::fixture::{Fixture, output, program};

const SERVERS: [(&str, &str); 3] = [
    ("SOURCE_DATABASE_URL", "postgres://m:hunter2@127.0.0.1:1/m"),
    ("TARGET_DATABASE_URL", "postgres://a:hunter2@127.0.0.1:1/a"),
    ("REDIS_URL", "redis://:hunter2@127.0.0.1:1"),
];

#[test]
fn settings_are_those_of_the_service_and_of_every_service() {
    let (code, text) = output(program(&[]).arg("settings"));
    assert_eq!(code, Some(0), "{text}");
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    let settings = settings["settings"].as_array().unwrap();
    let line = |setting: &serde_json::Value| {
        let required = if setting["required"] == true { "required" } else { "" };
        format!("{} {}{required}", setting["name"].as_str().unwrap(), setting["default"].as_str().unwrap_or_default())
    };
    insta::assert_snapshot!(settings.iter().map(line).collect::<Vec<_>>().join("\n"));
}

#[test]
fn help_is_printed() {
    for arguments in [vec!["--help"], vec!["run", "--help"], vec!["validate", "--help"], vec!["backfill", "--help"]] {
        let (code, text) = output(program(&[]).args(&arguments));
        assert_eq!(code, Some(0), "{text}");
        insta::assert_snapshot!(format!("help_of_{}", arguments[0].trim_start_matches("--help")), text);
    }
}

#[test]
fn a_missing_or_malformed_setting_exits_with_64() {
    let (code, text) = output(program(&[]).arg("run"));
    assert_eq!((code, text.contains("is not set; see `--help`")), (Some(64), true), "{text}");
    for (name, value, expected) in [
        ("SCHEDULE", "continuous", "SCHEDULE: jobs run at ticks"),
        ("SCHEDULE", "often", "SCHEDULE: `often` is neither"),
        ("JOBS_IN_FLIGHT", "0", "JOBS_IN_FLIGHT: `0` is not a number of jobs"),
        ("HASH_LIMIT", "many", "HASH_LIMIT: `many` is not a number of hashes"),
        ("LOG_DIR", "/proc/logs", "LOG_DIR: /proc/logs cannot be written: "),
        ("SOURCE_DATABASE_URL", "mysql://m:hunter2@h/m", "SOURCE_DATABASE_URL: has to begin with postgres://"),
        ("TARGET_DATABASE_URL", "postgres://a:hunter2@h/a?sslmode=allow", "TARGET_DATABASE_URL: sslmode=allow is not"),
        (
            "TARGET_DATABASE_CA_FILE",
            "absent.pem",
            "TARGET_DATABASE_CA_FILE: has no effect with sslmode=prefer in TARGET_DATABASE_URL",
        ),
        ("REDIS_URL", "http://:hunter2@h", "REDIS_URL: has to begin with redis://"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(&SERVERS);
        let (code, text) = output(command.current_dir(folder.path()).env(name, value).arg("run"));
        assert_eq!(code, Some(64), "{name}={value}: {text}");
        assert!(text.contains(expected) && !text.contains("hunter2"), "{name}={value}: {text}");
    }
    let (code, text) = output(program(&SERVERS).args(["run", "--dry-run"]));
    assert_eq!((code, text.contains("need the names of jobs")), (Some(64), true), "{text}");
}

#[tokio::test]
async fn a_missing_schema_exits_with_69_and_migrate_creates_it() -> anyhow::Result<()> {
    let mut fixture = Fixture::new().await?;
    let stack = devstack::shared().await?;
    fixture.target_url = stack.create_database(&stack.fresh_name("elt_a").await?).await?;
    for arguments in [["run"].as_slice(), &["run", "items"], &["status"]] {
        let (code, text) = fixture.run(arguments);
        assert_eq!(code, Some(69), "{arguments:?}: {text}");
        assert!(
            text.contains(
                "TARGET_DATABASE_URL: the schema lacks V1__jobs_and_runs, V2__describe_key_sums; run `elt-service migrate`"
            ),
            "{text}"
        );
    }
    let applied = "applied V1__jobs_and_runs\napplied V2__describe_key_sums\n";
    assert_eq!(fixture.run(&["migrate"]), (Some(0), applied.to_owned()));
    assert_eq!(fixture.run(&["migrate"]), (Some(0), "nothing to apply\n".to_owned()));
    fixture.good(&["run", "items"]);
    Ok(())
}

#[tokio::test]
async fn check_has_a_line_for_everything_and_warns_of_rights() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let text = fixture.good(&["check"]);
    for line in [
        "ok     source database: PostgreSQL ",
        "ok     source role: warning: SOURCE_DATABASE_URL: tagmill is a superuser; ",
        "ok     target database: PostgreSQL ",
        "ok     schema: up to date\n",
        "ok     target role: warning: TARGET_DATABASE_URL: tagmill is a superuser; ",
        "ok     redis\n",
        "ok     JOBS_DIR: jobs, 1 job files\n",
        "ok     LOG_DIR: logs\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    fixture.write_job("bad.yaml", "TARGET_TABLE: t\n");
    let (code, text) = output(fixture.command(&[("REDIS_URL", "redis://127.0.0.1:1")]).arg("check"));
    assert_eq!(code, Some(69), "{text}");
    assert!(
        text.contains("FAILED job file jobs/bad.yaml: jobs/bad.yaml:1: CREATE_TABLE_SQL: the key is missing"),
        "{text}"
    );
    assert!(text.contains("FAILED redis: ") && text.contains("look at REDIS_URL"), "{text}");
    let (code, text) = output(fixture.command(&[("JOBS_DIR", "nowhere")]).arg("check"));
    assert_eq!((code, text.contains("FAILED JOBS_DIR: nowhere cannot be read")), (Some(69), true), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_role_that_only_reads_is_enough_for_the_source() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let role = devstack::shared().await?.fresh_name("elt_reader").await?;
    fixture.source.batch_execute(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON items TO {role}")).await?;
    let url = fixture.source_url.replacen("tagmill@", &format!("{role}@"), 1);
    let (code, text) = output(fixture.command(&[("SOURCE_DATABASE_URL", &url)]).arg("check"));
    assert_eq!((code, text.contains(&format!("ok     source role: {role} only reads"))), (Some(0), true), "{text}");
    let (code, text) = output(fixture.command(&[("SOURCE_DATABASE_URL", &url)]).args(["run", "items"]));
    assert_eq!(code, Some(0), "{text}");
    fixture.source.batch_execute(&format!("GRANT INSERT ON items TO {role}")).await?;
    let (_, text) = output(fixture.command(&[("SOURCE_DATABASE_URL", &url)]).arg("check"));
    assert!(text.contains(&format!("warning: SOURCE_DATABASE_URL: {role} may write items; ")), "{text}");
    Ok(())
}
