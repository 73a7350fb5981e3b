//! `/reports`: order, quoting, limits.

use super::{error, service};

/// The rows of the report, without its header.
fn rows(body: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    json["report"].as_str().unwrap().lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn periods_limit_begins_and_ends() -> anyhow::Result<()> {
    let (_fixture, service) = service().await?;
    for (query, expected) in [
        ("", 8),
        ("?start_from=12:35:50%2001.02.2023", 6),
        ("?start_from=12:35:51+01.02.2023", 5),
        ("?start_to=12:35:50%2001.02.2023", 2),
        ("?end_to=00:00:00%2001.01.2024", 0),
        ("?end_to=00:00:01%2001.01.2024", 2),
        ("?end_from=00:00:00%2001.08.2024", 6),
        ("?end_from=00:00:00%2001.01.2024&end_to=00:00:00%2002.08.2024&start_to=00:00:00%2001.05.2023", 2),
        ("?start_from=", 8),
    ] {
        let body = service.get(&format!("/api/v1/reports{query}"))?.body;
        assert_eq!(rows(&body).len(), expected, "{query}: {body}");
    }
    let origin = "parsing time \"x\" as \"15:04:05 02.01.2006\": cannot parse \"x\" as \"15\"";
    let comment = "Invalid \"start_from\" = x was provided";
    let expected = error(origin, "ReportValidationError", comment, "ReportRoutes.makeReport - time.Parse");
    let answer = service.get("/api/v1/reports?end_to=y&start_from=x")?;
    assert_eq!((answer.status, answer.body), (400, expected));
    Ok(())
}

#[tokio::test]
async fn rows_are_ordered_and_names_quoted_in_the_time_zone() -> anyhow::Result<()> {
    let fixture = crate::fixture::Fixture::new().await?;
    fixture
        .run(
            "INSERT INTO segments.users (user_id) VALUES (1), (2);
            INSERT INTO segments.segments (segment_id, name) VALUES (1, 'a,\"b\"'), (2, ' x'), (3, 'с <b>');
            INSERT INTO segments.memberships (id, segment_id, user_id, start_at, end_at, opened_by) VALUES
                (7, 1, 2, '2024-01-01', 'infinity', 1),
                (3, 2, 2, '2024-01-01', '2099-01-01', 1),
                (9, 3, 1, '2023-12-31 22:00:00.999', 'infinity', 1)",
        )
        .await?;
    let service = crate::service::Service::start(&fixture.url, &[("TIME_ZONE", "Europe/Moscow")]).await?;
    let body = service.get("/api/v1/reports")?.body;
    let expected = [
        "1,с <b>,01:00:00 01.01.2024,",
        "2,\" x\",03:00:00 01.01.2024,03:00:00 01.01.2099",
        "2,\"a,\"\"b\"\"\",03:00:00 01.01.2024,",
    ];
    assert_eq!(rows(&body), expected);
    assert!(body.contains("1,с \\u003cb\\u003e,"), "{body}");
    Ok(())
}
