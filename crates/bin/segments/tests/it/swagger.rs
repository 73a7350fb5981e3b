//! `/swagger/`: the page and its document, without a key and without anything from elsewhere.

use self::document::Document;
use crate::{fixture::Fixture, service::Service};

mod document;

#[tokio::test]
async fn page_and_document_need_no_key_and_have_the_title() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let settings = [("AUTH", "on"), ("APP_NAME", "segmentation-service"), ("APP_VERSION", "1.0.0")];
    let service = Service::start(&fixture.url, &settings).await?;
    let document = service.get("/swagger/doc.json")?;
    assert_eq!((document.status, document.content_type.as_deref()), (200, Some("application/json")));
    let document: serde_json::Value = serde_json::from_str(&document.body)?;
    assert_eq!(document["info"]["title"], "segmentation-service");
    assert_eq!(document["info"]["version"], "1.0.0");
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for path in ["/swagger/", "/swagger/index.html"] {
        let page = service.get(path)?;
        assert_eq!((page.status, page.content_type.as_deref()), (200, Some("text/html")), "{path}");
        assert!(page.body.contains("swagger-ui-bundle.js"), "{}", page.body);
    }
    assert_eq!(service.get("/swagger")?.status, 303, "to /swagger/");
    assert_eq!(service.ask("POST", "/swagger/", None, "")?.status, 405);
    assert_eq!(service.get("/swagger/absent.js")?.status, 404);
    Ok(())
}

#[tokio::test]
async fn all_that_the_page_loads_is_in_the_binary() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[]).await?;
    let page = service.get("/swagger/")?.body;
    let sources = ["src=\"", "href=\""].into_iter().flat_map(|attribute| page.split(attribute).skip(1));
    let sources: Vec<&str> = sources.filter_map(|rest| rest.split('"').next()).collect();
    assert!(sources.len() >= 5, "{page}");
    for source in sources {
        let file = source.strip_prefix("./").unwrap_or(source);
        assert!(!file.contains("//"), "{source}");
        assert_eq!(service.get(&format!("/swagger/{file}"))?.status, 200, "{source}");
    }
    let initializer = service.get("/swagger/swagger-initializer.js")?.body;
    assert!(initializer.contains("/swagger/doc.json") && !initializer.contains("://"), "{initializer}");
    assert!(initializer.contains("\"validatorUrl\": \"none\""), "no validator from elsewhere: {initializer}");
    let policy = service.header("/swagger/", "content-security-policy")?;
    assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'self'; ")));
    Ok(())
}

const GUID: &str = "00000000-0000-0000-0000-000000000001";

#[tokio::test]
async fn answers_of_the_second_service_and_refusals_are_valid() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[("DEV_METHODS", "true")]).await?;
    let document = Document::new();
    let ask = |method: &str, path: &str, body: &str, expected: u16| {
        let answer = service.ask(method, path, Some("application/json"), body).unwrap();
        assert_eq!(answer.status, expected, "{method} {path} {body}: {answer:?}");
        document.validate(method, path, answer.status, &answer.body).unwrap();
        answer.body
    };
    let user = format!(r#"{{"userID":"{GUID}"}}"#);
    ask("POST", "/segments/create-user", &user, 204);
    ask("PUT", "/segments/update-user", &format!(r#"{{"userID":"{GUID}","status":"active"}}"#), 204);
    ask("PUT", "/segments/update-user", &user, 400);
    ask("POST", "/segments/create", r#"{"slug":"A","percentToFill":12.5}"#, 204);
    ask("POST", "/segments/create", r#"{"slug":"A","percentToFill":12.5}"#, 400);
    let change = format!(r#"{{"userID":"{GUID}","segmentsToAdd":[{{"segmentSlug":"A","secondsToBeInSegment":60}}]}}"#);
    ask("POST", "/segments/change-for-user", &change, 204);
    ask("POST", "/segments/change-for-user", "[]", 400);
    ask("GET", &format!("/segments/get-for-user?userID={GUID}"), "", 200);
    let link = ask("GET", &format!("/segments/get-history-report-link?userID={GUID}&month=1&year=2024"), "", 200);
    let link: serde_json::Value = serde_json::from_str(&link)?;
    let (_, token) = link["reportLink"].as_str().unwrap().split_once("/reports/").unwrap();
    ask("GET", &format!("/api/v2/reports/{token}"), "", 200);
    ask("GET", &format!("/api/v2/reports/{token}0"), "", 404);
    ask("DELETE", "/segments/remove", r#"{"slug":"A"}"#, 204);
    ask("DELETE", "/segments/remove-user", &user, 204);
    ask("DELETE", "/segments/remove", &format!(r#"{{"slug":"{}"}}"#, "A".repeat(1 << 20)), 413);
    ask("POST", "/api/v1/users", &format!(r#"{{"name":"{}"}}"#, "A".repeat(1 << 20)), 413);
    for (method, path) in [("GET", "/api/v1/users"), ("POST", "/segments/create"), ("GET", "/api/v1/reports")] {
        let refused = service.ask_as(Some("tms_wrong"), method, path)?;
        document.validate(method, path, refused.status, &refused.body).unwrap();
    }
    fixture.run("ALTER TABLE segments.users RENAME TO others").await?;
    ask("GET", "/api/v1/users", "", 503);
    ask("GET", &format!("/segments/get-for-user?userID={GUID}"), "", 503);
    Ok(())
}
