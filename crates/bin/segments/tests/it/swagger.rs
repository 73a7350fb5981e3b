//! `/swagger/`: the page and its document, without a key and without anything from elsewhere.

use crate::{fixture::Fixture, service::Service};

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
