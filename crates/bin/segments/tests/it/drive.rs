//! Reports on Google Drive: the link, the file, failures at each step, the file of the account, memory.

use std::{fs, process::Command};

use drive_server::{DriveServer, Step};

use crate::{
    fixture::Fixture,
    service::{Answer, Service},
};

/// A server, the file of its account, and a service that uploads to it.
struct Setup {
    drive: DriveServer,
    fixture: Fixture,
    service: Service,
    _account: tempfile::NamedTempFile,
}

impl Setup {
    async fn start(fixture: Fixture, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let drive = DriveServer::start().await?;
        let account = tempfile::NamedTempFile::new()?;
        fs::write(account.path(), drive.account()?)?;
        let (path, url) = (account.path().to_str().unwrap(), drive.url());
        let mut all = vec![("GOOGLE_DRIVE_JSON_FILE_PATH", path), ("GOOGLE_DRIVE_BASE_URL", &url)];
        all.extend_from_slice(settings);
        let service = Service::start(&fixture.url, &all).await?;
        Ok(Self { drive, fixture, service, _account: account })
    }

    /// The report, and the id of its file.
    async fn report(&self, query: &str) -> anyhow::Result<(Answer, Option<String>)> {
        let address = self.service.address();
        let path = format!("/api/v1/reports{query}");
        let answer =
            tokio::task::spawn_blocking(move || crate::service::send(address, "GET", &path, "", b"")).await??;
        let json: serde_json::Value = serde_json::from_str(&answer.body)?;
        let link = json["report"].as_str().unwrap_or_default();
        let id = link.strip_prefix("https://drive.google.com/file/d/");
        let id = id.and_then(|rest| rest.strip_suffix("/view?usp=sharing")).map(str::to_owned);
        Ok((answer, id))
    }
}

/// The report inside an answer without Google Drive.
async fn inline(fixture: &Fixture, query: &str, settings: &[(&str, &str)]) -> anyhow::Result<String> {
    let service = Service::start(&fixture.url, settings).await?;
    let json: serde_json::Value = serde_json::from_str(&service.get(&format!("/api/v1/reports{query}"))?.body)?;
    Ok(json["report"].as_str().unwrap().to_owned())
}

/// The name of a report in Moscow at the time of an answer: `report_H-M_D.M.YYYY.csv`.
fn name(answer: &Answer) -> String {
    let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let date = json["report_date"].as_str().unwrap();
    let numbers: Vec<u32> = date.split([':', ' ', '.']).map(|number| number.parse().unwrap()).collect();
    format!("report_{}-{}_{}.{}.{}.csv", numbers[0], numbers[1], numbers[3], numbers[4], numbers[5])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_a_file_that_everybody_with_the_link_may_read() -> anyhow::Result<()> {
    let zone = [("TIME_ZONE", "Europe/Moscow")];
    let setup = Setup::start(Fixture::imported().await?, &zone).await?;
    let (answer, id) = setup.report("").await?;
    let (status, id) = (answer.status, id.unwrap());
    assert_eq!(status, 200);
    assert!(answer.body.starts_with("{\"report_date\":\"") && answer.body.ends_with("/view?usp=sharing\"}\n"));
    let file = setup.drive.files()[&id].clone();
    assert_eq!((file.name, file.mime_type.as_str(), file.is_public), (name(&answer), "text/csv", true));
    assert_eq!(String::from_utf8(file.content)?, inline(&setup.fixture, "", &zone).await?);
    // A second report in the same minute replaces it. In the next minute it has another name.
    let query = "?start_from=12:35:50%2001.02.2023";
    let (second, second_id) = setup.report(query).await?;
    let second_id = second_id.unwrap();
    assert_eq!(second_id == id, name(&second) == name(&answer));
    let content = setup.drive.files()[&second_id].content.clone();
    assert_eq!(String::from_utf8(content)?, inline(&setup.fixture, query, &zone).await?);
    // A wrong parameter uploads nothing.
    setup.drive.take_steps();
    assert_eq!(setup.report("?start_from=x").await?.0.status, 400);
    assert_eq!(setup.drive.take_steps(), []);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_step_is_an_error_that_says_which() -> anyhow::Result<()> {
    let setup = Setup::start(Fixture::imported().await?, &[]).await?;
    let body = r#"{"error":{"code":403,"message":"No <quota>","errors":[{"reason":"storageQuotaExceeded"}]}}"#;
    for (step, name) in [
        (Step::Token, "access token"),
        (Step::Find, "search for the file"),
        (Step::Upload, "upload"),
        (Step::Share, "permission"),
    ] {
        setup.drive.fail(step, 403, body);
        let (answer, _) = setup.report("").await?;
        let expected = format!(
            "{{\"origin_error_text\":\"google drive, {name}: error 403: No \\u003cquota\\u003e: storageQuotaExceeded\",\
             \"title\":\"ErrInternalServerError\",\
             \"comment\":\"Failed to upload report.csv to the google drive, please inspect origin error text\",\
             \"location\":\"ReportService.MakeReport - gDrive.UploadCSVFile\"}}\n"
        );
        assert_eq!((answer.status, answer.body), (500, expected));
        assert_eq!(answer.retry_after, None);
    }
    let metrics = setup.service.get("/metrics")?.body;
    assert!(metrics.contains("tagmill_segments_drive_failures_total{service=\"segments-service\"} 4"), "{metrics}");
    let log = setup.service.log();
    assert!(log.contains("a report was not uploaded") && !log.contains("ya29"), "{log}");
    setup.drive.heal();
    assert_eq!(setup.report("").await?.0.status, 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_database_is_one_of_the_database() -> anyhow::Result<()> {
    let setup = Setup::start(Fixture::imported().await?, &[]).await?;
    setup.fixture.run("ALTER TABLE segments.memberships RENAME TO others").await?;
    let (answer, _) = setup.report("").await?;
    assert_eq!((answer.status, answer.retry_after.as_deref()), (503, Some("1")));
    assert!(setup.drive.files().is_empty());
    Ok(())
}

#[tokio::test]
async fn an_account_that_cannot_be_used_ends_the_process() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().to_str().unwrap();
    let account = DriveServer::start().await?.account()?;
    let run = |path: &str, url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
        command.env_clear().env("DATABASE_URL", &fixture.url).env("HTTP_ADDR", "127.0.0.1:0");
        command.env("GOOGLE_DRIVE_JSON_FILE_PATH", path).env("GOOGLE_DRIVE_BASE_URL", url);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
    };
    for (content, problem) in [
        ("{\"private", "no JSON: line 1, column 9"),
        ("{}", "the field `type` is missing or no text"),
        (&account.replace("service_account", "authorized_user"), "the field `type` is not `service_account`"),
        (&account.replace("PRIVATE", "PUBLIC"), "the field `private_key` is no RSA key in PEM"),
    ] {
        fs::write(file.path(), content)?;
        let (code, error) = run(path, "http://127.0.0.1:1");
        assert!(error.ends_with(&format!("GOOGLE_DRIVE_JSON_FILE_PATH: {path}: {problem}")), "{error}");
        assert_eq!(code, Some(64), "{error}");
    }
    let (code, error) = run("/absent.json", "http://127.0.0.1:1");
    assert!(code == Some(64) && error.contains("/absent.json: No such file"), "{code:?} {error}");
    fs::write(file.path(), &account)?;
    let (code, error) = run(path, "googleapis.com");
    assert!(code == Some(64) && error.contains("GOOGLE_DRIVE_BASE_URL: the address has to begin with"), "{error}");
    // The name of the customer's file.
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("config.yaml"), "webapi:\n  google_drive_json_file_path: secrets/absent.json\n")?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
    command.current_dir(&folder).env_clear().env("DATABASE_URL", &fixture.url).env("HTTP_ADDR", "127.0.0.1:0");
    let output = command.output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(64) && error.contains("secrets/absent.json: No such file"), "{error}");
    Ok(())
}

/// Memberships of the test of memory. A row of the report is some 70 bytes.
const ROWS: u32 = 200_000;

/// By how much a report of any length may raise the memory of the process at most.
const MAX_GROWTH_KIB: u64 = 24 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_does_not_depend_on_the_length_of_the_report() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let rows = format!(
        "INSERT INTO segments.users (user_id) SELECT generate_series(1, {ROWS});
         INSERT INTO segments.segments (segment_id, name) VALUES (1, 'a segment with a rather long name');
         INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
             SELECT 1, user_id, '2024-01-01', 1 FROM segments.users"
    );
    let setup = Setup::start(fixture, &[]).await?;
    setup.report("").await?.1.unwrap();
    let before = setup.service.peak_memory_kib();
    setup.fixture.run(&rows).await?;
    let (_, id) = setup.report("").await?;
    let length = setup.drive.files()[&id.unwrap()].content.len();
    let after = setup.service.peak_memory_kib();
    assert!(length > 12_000_000, "{length}");
    assert!(after < before + MAX_GROWTH_KIB, "{before} KiB before, {after} after {length} bytes");
    println!("{length} bytes: {before} KiB before, {after} after");
    Ok(())
}
