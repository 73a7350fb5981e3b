//! Uploads: files created and replaced, in one request and in chunks; each step failing; tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use drive_server::{DriveServer, Step, StoredFile};
use futures_util::stream::iter;
use google_drive::{CHUNK_BYTES, Drive, ServiceAccount, UploadError};

/// A limit that no upload of a test reaches.
const ENOUGH: Duration = Duration::from_secs(60);

/// A moment, in seconds.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn drive(server: &DriveServer, timeout: Duration) -> Drive {
    let account = ServiceAccount::parse(server.account().unwrap().as_bytes()).unwrap();
    Drive::new(account, &format!("{}/", server.url()), timeout).unwrap()
}

/// Uploads content in parts of 1000 bytes, and returns the id or the text of the error.
async fn upload(drive: &Drive, name: &str, content: &[u8], now: SystemTime) -> Result<String, String> {
    let parts: Vec<_> = content.chunks(1000).map(|part| Ok::<_, String>(part.to_vec().into())).collect();
    let upload = drive.begin(name, now).await.map_err(|error| error.to_string())?;
    upload.send("text/csv; charset=utf-8", iter(parts)).await.map_err(|error| error.to_string())
}

fn file(name: &str, content: &[u8]) -> StoredFile {
    let (name, content) = (name.to_owned(), content.to_vec());
    StoredFile { name, mime_type: "text/csv".to_owned(), content, is_public: true }
}

#[tokio::test]
async fn a_file_is_created_and_then_replaced_in_place() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    let drive = drive(&server, ENOUGH);
    let name = r"it's a \ name";
    let id = upload(&drive, name, b"a,b\r\n--x\r\n", at(0)).await.unwrap();
    assert_eq!(server.files()[&id], file(name, b"a,b\r\n--x\r\n"));
    assert_eq!(server.take_steps(), [Step::Token, Step::Find, Step::Upload, Step::Share]);
    assert_eq!(upload(&drive, name, b"", at(1)).await, Ok(id.clone()));
    assert_eq!(server.files()[&id], file(name, b""));
    assert_ne!(upload(&drive, "another", b"", at(2)).await.unwrap(), id);
    assert_eq!(server.files().len(), 2);
    Ok(())
}

#[tokio::test]
async fn long_content_is_sent_in_chunks() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    let drive = drive(&server, ENOUGH);
    let content: Vec<u8> = (0..2 * CHUNK_BYTES + 12_345).map(|at| b"0123456789\n"[at % 11]).collect();
    for content in [&content[..], &content[..2 * CHUNK_BYTES]] {
        let id = upload(&drive, "long", content, at(0)).await.unwrap();
        assert!(server.files()[&id] == file("long", content), "{} bytes", content.len());
    }
    assert_eq!((server.files().len(), server.largest_body()), (1, CHUNK_BYTES));
    let chunks = |steps: Vec<Step>| steps.iter().filter(|step| **step == Step::Chunk).count();
    assert_eq!(chunks(server.take_steps()), 5);
    Ok(())
}

#[tokio::test]
async fn uploads_of_one_name_at_once_make_one_file() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    let drive = drive(&server, ENOUGH);
    let uploads = (0..8).map(|_| upload(&drive, "same", b"x", at(0)));
    let ids = futures_util::future::join_all(uploads).await;
    assert!(ids.iter().all(|id| id.is_ok() && *id == ids[0]), "{ids:?}");
    assert_eq!(server.files().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_step_that_fails_names_itself_and_leaves_the_file_as_it_was() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    let drive = drive(&server, ENOUGH);
    let id = upload(&drive, "report", b"before", at(0)).await.unwrap();
    let long = vec![b'x'; 2 * CHUNK_BYTES];
    let error = r#"{"error":{"message":"No quota","errors":[{"reason":"storageQuotaExceeded"}]}}"#;
    for (step, name) in [
        (Step::Token, "access token"),
        (Step::Find, "search for the file"),
        (Step::Upload, "upload"),
        (Step::Chunk, "upload"),
    ] {
        server.fail(step, 403, error);
        // A token of two hours ago is no longer used.
        let expected = format!("google drive, {name}: error 403: No quota: storageQuotaExceeded");
        assert_eq!(upload(&drive, "report", &long, at(7200)).await, Err(expected));
        assert_eq!(server.files()[&id], file("report", b"before"));
    }
    server.fail(Step::Share, 500, "<html>");
    assert_eq!(upload(&drive, "report", b"x", at(0)).await.unwrap_err(), "google drive, permission: error 500");
    server.fail(Step::Upload, 200, "{}");
    let unreadable = upload(&drive, "report", b"x", at(0)).await.unwrap_err();
    assert_eq!(unreadable, "google drive, upload: the answer has no usable id");
    server.fail(Step::Upload, 200, r#"{"id":"../x"}"#);
    assert_eq!(upload(&drive, "report", b"x", at(0)).await.unwrap_err(), unreadable);
    server.fail(Step::Chunk, 308, "");
    let unreadable = upload(&drive, "report", &long, at(0)).await.unwrap_err();
    assert_eq!(unreadable, "google drive, upload: the answer has no usable Range");
    server.heal();
    assert_eq!(upload(&drive, "report", b"after", at(0)).await, Ok(id));
    Ok(())
}

#[tokio::test]
async fn content_that_fails_replaces_nothing() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    let drive = drive(&server, ENOUGH);
    let id = upload(&drive, "report", b"before", at(0)).await.unwrap();
    for good in [0, CHUNK_BYTES + 1] {
        let parts = [Ok(vec![b'x'; good].into()), Err("lost")];
        let error = drive.begin("report", at(0)).await?.send("text/csv", iter(parts)).await.unwrap_err();
        assert!(matches!(error, UploadError::Content("lost")), "{error}");
        assert_eq!(server.files()[&id], file("report", b"before"));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_used_again_until_it_expires_or_is_forgotten() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    let drive = drive(&server, ENOUGH);
    let tokens = |steps: Vec<Step>| steps.iter().filter(|step| **step == Step::Token).count();
    for (seconds, expected) in [(0, 1), (3500, 0), (3540, 1), (3600, 0)] {
        upload(&drive, "report", b"x", at(seconds)).await.unwrap();
        assert_eq!(tokens(server.take_steps()), expected, "{seconds} s");
    }
    server.revoke_tokens();
    upload(&drive, "report", b"x", at(3600)).await.unwrap();
    assert_eq!(tokens(server.take_steps()), 1, "Google has forgotten it");
    Ok(())
}

#[tokio::test]
async fn a_key_of_another_account_is_refused() -> anyhow::Result<()> {
    let (server, other) = (DriveServer::start().await?, DriveServer::start().await?);
    let account = other.account()?.replace(&other.url(), &server.url());
    let account = ServiceAccount::parse(account.as_bytes()).map_err(anyhow::Error::msg)?;
    let drive = Drive::new(account, &server.url(), ENOUGH).map_err(anyhow::Error::msg)?;
    let error = upload(&drive, "report", b"x", at(0)).await.unwrap_err();
    assert_eq!(error, "google drive, access token: error 400: invalid_grant: Invalid JWT Signature.");
    Ok(())
}

#[tokio::test]
async fn no_step_waits_longer_than_the_limit() -> anyhow::Result<()> {
    let server = DriveServer::start().await?;
    for step in [Step::Token, Step::Find, Step::Upload, Step::Share] {
        server.silence(step);
        let drive = drive(&server, Duration::from_millis(300));
        let error = upload(&drive, "report", b"x", at(0)).await.unwrap_err();
        assert!(error.contains("no answer for") || error.contains("not finished after 300ms"), "{step:?}: {error}");
        server.heal();
        assert!(upload(&drive, "report", b"x", at(0)).await.is_ok(), "the next upload has its turn");
    }
    Ok(())
}

#[tokio::test]
async fn an_address_has_to_be_one() -> anyhow::Result<()> {
    let account = DriveServer::start().await?.account()?;
    for address in ["", "drive", "ftp://x", "https://", "https://x/?y"] {
        let account = ServiceAccount::parse(account.as_bytes()).map_err(anyhow::Error::msg)?;
        assert!(Drive::new(account, address, ENOUGH).is_err(), "{address}");
    }
    Ok(())
}
