//! Tests of HTTP responses to the page and to other clients.

use anyhow::{Result, ensure};
use harness::Workload;
use serde_json::Value;

use super::Fixture;

/// Memory limit of CDM in KiB, as in the tests of memory.
const MAX_DATA_KIB: u64 = 48 << 10;

#[tokio::test]
async fn requests_are_parsed_strictly_and_responses_name_no_person() -> Result<()> {
    let week = Workload::clean(69, 300);
    let fixture = Fixture::set(&week).await?;
    let cdm = fixture.cdm()?;
    for (question, expected) in [
        ("", 200),
        ("?tab=tags", 200),
        ("?tab=tags&tag=a&tag=b&tag_period=2026-01-01..2026-12-31", 200),
        ("?tab=tags&category=a", 400),
        ("?tab=none", 400),
        ("?tab=tags&tab=health", 400),
        ("?period=2026-01-01", 400),
        ("?period=2026-02-30..2026-03-01", 400),
        ("?period=2026-01-01..2026-01-02&period=2026-01-01..2026-01-02", 400),
        ("?category=%27%3B+DROP+TABLE+cdm.users%3B--", 200),
        ("?category=%00", 400),
    ] {
        let (status, body) = cdm.get(&format!("/dashboard/data{question}")).await?;
        ensure!(status == expected, "{question}: {status} {body}");
    }
    let many = "&category=x".repeat(101);
    ensure!(cdm.get(&format!("/dashboard/data?tab=popularity{many}")).await?.0 == 400);

    let (_, everything) = cdm.get("/dashboard/data").await?;
    let answer: Value = serde_json::from_str(&everything)?;
    let charts = dashboards::orders()?.charts().count();
    ensure!(answer["charts"].as_object().is_some_and(|answered| answered.len() == charts));
    let people = week.reference.iter().filter_map(|object| {
        let object: Value = serde_json::from_str(&object.json).ok()?;
        object["login"].is_string().then(|| object["name"].as_str().map(str::to_owned))?
    });
    let people: Vec<String> = people.collect();
    ensure!(people.len() > 20, "hardly anybody ordered");
    ensure!(!people.iter().any(|person| everything.contains(person.as_str())), "a response contains a name");

    // The most expensive request, a hundred times, by ten clients at once.
    for _ in 0..10 {
        let asked = (0..10).map(|_| cdm.get("/dashboard/data"));
        for answer in futures_util::future::try_join_all(asked).await? {
            ensure!(answer.0 == 200);
        }
    }
    let peak = cdm.peak_of_data_kib().await?;
    ensure!(peak <= MAX_DATA_KIB, "{peak} KiB");
    Ok(())
}

#[tokio::test]
async fn unchanged_responses_are_not_sent_again() -> Result<()> {
    let fixture = Fixture::set(&Workload::clean(70, 50)).await?;
    let cdm = fixture.cdm()?;
    for path in [
        "/dashboard",
        "/dashboard/page.js",
        "/dashboard/echarts.js",
        "/dashboard/spec.json",
        "/dashboard/data?tab=popularity",
    ] {
        let (head, _) = cdm.whole("GET", path, "").await?;
        let field = |name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(": "));
            fields.find(|(field, _)| *field == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        ensure!(field("content-security-policy").starts_with("default-src 'none'"), "{path}: {head}");
        ensure!(
            field("cache-control") == "private, no-cache" && field("x-content-type-options") == "nosniff",
            "{path}"
        );
        let known = format!("if-none-match: {}\r\n", field("etag"));
        let (status, body) = cdm.ask("GET", path, &known).await?;
        ensure!(status == 304 && body.is_empty(), "{path}: {status}");
        let (packed, _) = cdm.whole("HEAD", path, "accept-encoding: gzip, br\r\n").await?;
        ensure!(packed.contains("content-encoding: gzip"), "{path}: {packed}");
    }
    ensure!(cdm.get("/dashboard/nothing.js").await?.0 == 404);
    ensure!(cdm.get("/dashboard/").await?.0 == 308);
    ensure!(cdm.ask("POST", "/dashboard/data", "content-length: 0\r\n").await?.0 == 405);
    Ok(())
}
