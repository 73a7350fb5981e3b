//! Tests of the tag API: responses, OpenAPI document, authentication.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Process};
use serde_json::{Value, json};

use crate::tags::{CATEGORY, USER, counters, rule, say};

const DOCUMENT: &str = "/api/v1/openapi.json";

/// As a part of a path.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut path, byte| {
        let _ = write!(path, "%{byte:02X}");
        path
    })
}

/// A client of the API that validates responses against the OpenAPI document.
struct Api {
    cdm: Process,
    document: Value,
    /// Paths requested so far.
    asked: BTreeSet<String>,
}

impl Api {
    async fn of(cdm: Process) -> Result<Self> {
        let (status, body) = cdm.get(DOCUMENT).await?;
        ensure!(status == 200, "{DOCUMENT}: {status} {body}");
        Ok(Self { cdm, document: serde_json::from_str(&body)?, asked: BTreeSet::new() })
    }

    /// Requests a path of the document with parameters; the response must match the document.
    async fn ask(&mut self, path: &str, filled: &str) -> Result<(u16, Value)> {
        let (status, body) = self.cdm.get(filled).await?;
        let answer: Value = serde_json::from_str(&body).with_context(|| format!("{filled}: {status} {body}"))?;
        let promised = &self.document["paths"][path]["get"]["responses"][status.to_string()];
        let schema = &promised["content"]["application/json"]["schema"];
        ensure!(schema.is_object(), "{path} does not promise the status {status}: {promised}");
        let whole = json!({"allOf": [schema], "components": self.document["components"]});
        let validator = jsonschema::validator_for(&whole)?;
        if let Err(error) = validator.validate(&answer) {
            anyhow::bail!("{filled} answers {answer}, which is not what it promises: {error}");
        }
        self.asked.insert(path.to_owned());
        Ok((status, answer))
    }
}

#[tokio::test]
async fn responses_conform_to_the_openapi_document() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.sql("DELETE FROM cdm.tag_rules").await?;
    rule(&pipeline, 100, "category", CATEGORY, 3, "Любит завтраки / rare").await?;
    rule(&pipeline, 101, "product", "dish", 1, "Сырники").await?;
    rule(&pipeline, 102, "category", CATEGORY, 2, "Сырники").await?;
    let cdm = pipeline.service(Layer::Cdm).start().await?;
    for number in 0..25 {
        say(&pipeline, counters(&format!("user {number}"), 1, 2, 1)).await?;
    }
    say(&pipeline, counters(USER, 1, 3, 0)).await?;
    let mut api = Api::of(cdm).await?;

    let (status, tags) = api.ask("/api/v1/users/{user_id}/tags", &format!("/api/v1/users/{USER}/tags")).await?;
    let found: Vec<(&str, i64)> = tags["tags"]
        .as_array()
        .context("no tags")?
        .iter()
        .filter_map(|tag| Some((tag["tag"].as_str()?, tag["rule_id"].as_i64()?)))
        .collect();
    assert_eq!((status, found), (200, vec![("Любит завтраки / rare", 100), ("Сырники", 102)]));

    let (_, answer) = api.ask("/api/v1/users/{user_id}/counters", &format!("/api/v1/users/{USER}/counters")).await?;
    let id = "SELECT category_id FROM cdm.user_category_counters LIMIT 1";
    assert_eq!(
        answer,
        json!({
            "user_id": USER, "products": [],
            "categories": [{"id": pipeline.sql(id).await?[0], "name": CATEGORY, "order_cnt": 3}],
        })
    );

    let (_, answer) = api.ask("/api/v1/tags", "/api/v1/tags").await?;
    assert_eq!(
        answer,
        json!({"tags": [{"tag": "Сырники", "users": 26}, {"tag": "Любит завтраки / rare", "users": 1}]})
    );
    let (_, answer) = api.ask("/api/v1/rules", "/api/v1/rules").await?;
    assert_eq!(
        answer["rules"][0],
        json!({
            "rule_id": 100, "subject": "category", "subject_key": CATEGORY, "threshold": 3, "tag": "Любит завтраки / rare",
            "enabled": true, "users": 1, "applied": true,
        })
    );

    // Over all pages every user appears once; a page with an unknown user is not the last one.
    pipeline
        .sql("INSERT INTO cdm.user_tags VALUES ('00000000-0000-0000-0000-000000000001', 101, 'Сырники', now())")
        .await?;
    let path = format!("/api/v1/tags/{}/users", encoded("Сырники"));
    let (mut users, mut pages, mut next) = (Vec::new(), 0, String::new());
    loop {
        let (_, page) = api.ask("/api/v1/tags/{tag}/users", &format!("{path}?limit=10{next}")).await?;
        users.extend(
            page["users"]
                .as_array()
                .context("no users")?
                .iter()
                .map(|user| user.as_str().unwrap_or_default().to_owned()),
        );
        pages += 1;
        match page["next"].as_str() {
            Some(after) => next = format!("&after={after}"),
            None => break,
        }
    }
    assert_eq!((users.len(), users.iter().collect::<BTreeSet<_>>().len(), pages), (26, 26, 3));
    let nobody = api.ask("/api/v1/tags/{tag}/users", "/api/v1/tags/none/users").await?;
    assert_eq!(nobody, (200, json!({"tag": "none", "users": [], "next": null})));

    for (path, filled, status, words) in [
        ("/api/v1/users/{user_id}/tags", "/api/v1/users/nobody/tags", 404, "nobody"),
        ("/api/v1/users/{user_id}/counters", "/api/v1/users/nobody/counters", 404, "nobody"),
        ("/api/v1/users/{user_id}/tags", "/api/v1/users/%00/tags", 400, "U+0000"),
        ("/api/v1/users/{user_id}/counters", "/api/v1/users/a%00/counters", 400, "U+0000"),
        ("/api/v1/tags/{tag}/users", "/api/v1/tags/%00/users", 400, "U+0000"),
        ("/api/v1/tags/{tag}/users", "/api/v1/tags/%FF/users", 400, "UTF-8"),
        ("/api/v1/tags/{tag}/users", "/api/v1/tags/x/users?limit=0", 400, "limit"),
        ("/api/v1/tags/{tag}/users", "/api/v1/tags/x/users?limit=1001", 400, "limit"),
        ("/api/v1/tags/{tag}/users", "/api/v1/tags/x/users?after=me", 400, "after"),
        ("/api/v1/tags/{tag}/users", "/api/v1/tags/x/users?offset=3", 400, "offset"),
    ] {
        let (answered, problem) = api.ask(path, filled).await?;
        let text = problem["error"].as_str().unwrap_or_default();
        ensure!(answered == status && text.contains(words), "{filled}: {answered} {text}");
    }
    let paths: BTreeSet<String> = api.document["paths"].as_object().context("no paths")?.keys().cloned().collect();
    assert_eq!(api.asked, paths, "not every path of the document was tried");
    // The API is read-only.
    let (status, _) = api.cdm.ask("POST", "/api/v1/rules", "content-length: 0\r\n").await?;
    assert_eq!(status, 405);
    Ok(())
}

/// Requests refused without a token, and with a wrong one.
async fn refusals(cdm: &Process) -> Result<(f64, f64)> {
    let (_, page) = cdm.get("/metrics").await?;
    let count = |reason: &str| {
        let mut lines = page.lines().filter(|line| line.starts_with("tagmill_api_unauthorized_total{"));
        let line = lines.find(|line| line.contains(&format!("reason=\"{reason}\"")))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    Ok((count("missing").context("no counter")?, count("wrong").context("no counter")?))
}

#[tokio::test]
async fn a_token_is_required_if_set_and_a_disabled_api_answers_404() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("token");
    std::fs::write(&file, "open sesame\n")?;
    let cdm = pipeline.service(Layer::Cdm).env("TAG_API_TOKEN_FILE", file.to_string_lossy()).start().await?;
    ensure!(refusals(&cdm).await? == (0.0, 0.0), "the counters are not there from the start");
    for (headers, expected) in [
        ("", 401),
        ("authorization: Bearer open\r\n", 401),
        ("authorization: Basic open sesame\r\n", 401),
        ("authorization: Bearer open sesame\r\n", 200),
        ("authorization: bearer open sesame\r\n", 200),
        ("authorization: BEARER   open sesame  \r\n", 200),
    ] {
        let (status, body) = cdm.ask("GET", "/api/v1/rules", headers).await?;
        ensure!(status == expected && !body.contains("sesame"), "{headers:?}: {status} {body}");
    }
    ensure!(refusals(&cdm).await? == (2.0, 1.0), "refused requests are not counted: {:?}", refusals(&cdm).await?);
    // Probes and the OpenAPI document need no token.
    for path in ["/health", "/ready", "/metrics", DOCUMENT] {
        assert_eq!(cdm.get(path).await?.0, 200, "{path}");
    }
    let logs: String = pipeline.logs()?.into_values().collect();
    ensure!(!logs.contains("sesame"), "the token is in a log");
    let lines = logs.lines().filter(|line| line.contains("requests to the API were refused")).count();
    ensure!(lines == 1, "{lines} lines about refused requests");

    let without = pipeline.service(Layer::Cdm).env("TAG_API", "off").start().await?;
    for path in ["/api/v1/rules", DOCUMENT] {
        assert_eq!(without.get(path).await?.0, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_hanging_database_is_answered_with_503_and_does_not_delay_the_probes() -> Result<()> {
    let stack = devstack::Stack::start(devstack::Options::default()).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    let cdm = pipeline.service(Layer::Cdm).start().await?;
    let mut api = Api::of(cdm).await?;
    assert_eq!(api.ask("/api/v1/rules", "/api/v1/rules").await?.0, 200);
    stack.postgres().pause()?;
    let (status, problem) = api.ask("/api/v1/rules", "/api/v1/rules").await?;
    assert_eq!((status, problem), (503, json!({"error": "the database does not answer; try again"})));
    assert_eq!(api.cdm.get("/health").await?.0, 200);
    stack.postgres().resume()?;
    Ok(())
}
