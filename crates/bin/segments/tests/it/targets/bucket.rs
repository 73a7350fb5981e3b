//! CSV files in an S3-compatible store: whole or not at all, however large.

use std::time::Duration;

use segments::subscribers::{
    Op,
    settings::FileSettings,
    target::{Answer, Pages, Stop, Target as _},
    targets::csv::{Csv, Files},
};
use tokio::time::timeout;

use super::{
    fixture::{Made, audience, changes, lines, subscription},
    s3_server::S3Server,
};

fn csv(server: &S3Server, path: &str, is_full: bool, params: &str) -> Csv {
    Files::new(&server.settings()).unwrap().to(&subscription("csv", path, is_full, params)).unwrap()
}

/// The number of changes in a page, and of pages that need more than one part: a line has about 70 bytes.
const PAGE: i32 = 10_000;
const MANY: i32 = 16;

/// Pages of a large audience.
fn large() -> impl Iterator<Item = Vec<segments::subscribers::Change>> {
    (0..MANY).map(|page| changes(Op::Added, page * PAGE + 1..=(page + 1) * PAGE))
}

#[tokio::test]
async fn objects_are_replaced_copied_listed_and_deleted() -> anyhow::Result<()> {
    let server = S3Server::start().await?;
    let (full, a) = (csv(&server, "s3://audiences/crm", true, r#"{"keep":1}"#), audience("Любитель пиццы"));
    assert_eq!(full.select(&a).await, Ok(Some(false)));
    for last in [1, 2] {
        let answer = full.create(&a, &mut Made::of([changes(Op::Added, 1..=last)])).await?;
        assert_eq!(answer, Answer::acknowledged(usize::try_from(last)?));
    }
    assert_eq!(full.select(&a).await, Ok(Some(true)));
    let keys = server.keys().await?;
    assert_eq!((keys.len(), keys[0].as_str()), (2, "crm/Любитель%20пиццы.csv"), "{keys:?}");
    assert!(keys[1].starts_with("crm/Любитель%20пиццы~"), "{keys:?}");

    let mirror = csv(&server, "s3://audiences", false, "{}");
    mirror.update(&audience("A"), &mut Made::of([changes(Op::Added, 1..=3)])).await?;
    mirror.update(&audience("A"), &mut Made::of([changes(Op::Removed, [2])])).await?;
    let keys: Vec<String> = server.keys().await?.into_iter().filter(|key| key.starts_with("A~")).collect();
    assert_eq!(lines(&server.object(&keys[0]).await?).len(), 3);
    assert!(lines(&server.object(&keys[1]).await?)[0].starts_with("removed,"));

    mirror.remove(&audience("A")).await.unwrap();
    full.remove(&a).await.unwrap();
    assert_eq!(server.keys().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_large_audience_is_uploaded_in_parts() -> anyhow::Result<()> {
    let server = S3Server::start().await?;
    let csv = csv(&server, "s3://audiences", true, r#"{"keep":1}"#);
    let count = usize::try_from(PAGE * MANY)?;
    assert_eq!(csv.create(&audience("A"), &mut Made::of(large())).await?, Answer::acknowledged(count));
    let length = server.length("A.csv").await?;
    assert!(length > 2 * s3::PART_BYTES, "{length}");
    let copies = server.keys().await?;
    assert_eq!(copies.len(), 2, "{copies:?}");
    assert_eq!((server.length(&copies[1]).await?, server.uploads().await?.len()), (length, 0));
    Ok(())
}

/// Pages that never end: the process is killed, or frozen, meanwhile.
struct Endless(Made);

impl Pages for Endless {
    async fn next(&mut self) -> Result<Vec<segments::subscribers::Change>, consumer::Failure> {
        let page = self.0.next().await?;
        if page.is_empty() {
            std::future::pending::<()>().await;
        }
        Ok(page)
    }
}

#[tokio::test]
async fn an_interrupted_upload_leaves_the_old_object() -> anyhow::Result<()> {
    let server = S3Server::start().await?;
    let (csv, a) = (csv(&server, "s3://audiences", true, "{}"), audience("A"));
    csv.create(&a, &mut Made::of([changes(Op::Added, [7])])).await?;
    let old = server.object("A.csv").await?;

    // The database fails after the first parts: the upload is aborted.
    assert!(csv.create(&a, &mut Made::failing(large())).await.is_err());
    assert_eq!((server.object("A.csv").await?, server.uploads().await?.len()), (old.clone(), 0));

    // The process ends after the first parts: the store still has them, but the object stays.
    let mut pages = Endless(Made::of(large()));
    assert!(timeout(Duration::from_secs(15), csv.create(&a, &mut pages)).await.is_err());
    assert_eq!((server.object("A.csv").await?, server.uploads().await?.len()), (old, 1));
    Ok(())
}

#[tokio::test]
async fn an_error_of_the_store_fails_the_subscription_and_names_no_address() -> anyhow::Result<()> {
    let server = S3Server::start().await?;
    let error = async |csv: Csv| match csv.create(&audience("A"), &mut Made::of([])).await.unwrap().stop {
        Some(Stop::Retry { error, .. }) => error,
        other => panic!("{other:?}"),
    };
    let missing = error(csv(&server, "s3://nowhere", true, "{}")).await;
    assert!(missing.starts_with("S3, upload: error 404: NoSuchBucket"), "{missing}");
    let settings = FileSettings { s3_endpoint: Some("http://127.0.0.1:1".to_owned()), ..server.settings() };
    let csv = Files::new(&settings).unwrap().to(&subscription("csv", "s3://audiences", true, "{}")).unwrap();
    let away = error(csv).await;
    assert!(away.contains("S3, upload") && !away.contains("Signature") && !away.contains("sesame"), "{away}");
    Ok(())
}
