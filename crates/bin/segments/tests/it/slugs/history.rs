//! Reports by link.

use super::{ANNA, service};

/// The path of the link to a report of a month.
fn link(service: &crate::service::Service, month: &str) -> anyhow::Result<String> {
    let answer = service.get(&format!("/segments/get-history-report-link?userID={ANNA}&month={month}&year=2023"))?;
    let json: serde_json::Value = serde_json::from_str(&answer.body)?;
    assert!(json["expirationTime"].as_str().unwrap().ends_with('Z'), "{json}");
    Ok(json["reportLink"].as_str().unwrap().strip_prefix("http://segments").unwrap().to_owned())
}

#[tokio::test]
async fn a_report_is_made_when_its_link_is_opened_by_any_replica() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    let path = link(&service, "3")?;
    fixture
        .run(
            "INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by, closed_by) VALUES
                (1, 1, '2023-02-28 23:59:59.999999', '2023-03-05 10:00:00', 1, 1),
                (1, 1, '2023-03-06', '2023-03-06', 1, 1),
                (2, 1, '2023-03-31 23:59:59', '2023-04-01', 1, 1),
                (1, 2, '2023-03-01', '2023-04-01', 1, 1)",
        )
        .await?;
    let expected = format!("{ANNA},A,removed,2023-03-05T10:00:00Z\n{ANNA},B,added,2023-03-31T23:59:59Z\n");
    let other = crate::service::Service::start(&fixture.url, &[("AUTH", "on")]).await?;
    for replica in [&service, &other] {
        let answer = replica.get(&path)?;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    }
    assert_eq!(service.get(&link(&service, "1")?)?.body, "");
    Ok(())
}

#[tokio::test]
async fn a_link_that_is_expired_or_tampered_is_not_answered() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    let path = link(&service, "3")?;
    let tampered = path.replacen("45643d9d", "45643d9e", 1);
    assert_eq!(service.get(&tampered)?.status, 404);
    assert_eq!(service.get("/api/v2/reports/x")?.status, 404);
    let settings = [("REPORT_LINK_TTL", "1ms"), ("PUBLIC_URL", "http://segments")];
    let brief = crate::service::Service::start(&fixture.url, &settings).await?;
    assert_eq!(brief.get(&link(&brief, "3")?)?.status, 410);
    for query in ["month=13&year=2023", "month=0&year=2023", "month=1", "month=x&year=2023", "month=1&year=0"] {
        let answer = service.get(&format!("/segments/get-history-report-link?userID={ANNA}&{query}"))?;
        assert!(answer.status == 400 && answer.body.contains("validation_error"), "{query}: {answer:?}");
    }
    Ok(())
}
