//! CSV files in folders: whole or not at all, and never outside `FILES_ROOT`.

use std::{fs, os::unix::fs::symlink, path::Path};

use segments::subscribers::{
    Op,
    settings::FileSettings,
    target::{Answer, Stop, Target as _},
    targets::csv::{Csv, Files},
};

use super::fixture::{Made, audience, changes, error, guid, lines, subscription};

fn csv(root: &Path, path: &str, is_full: bool, params: &str) -> Csv {
    Files::new(&settings(root)).unwrap().to(&subscription("csv", path, is_full, params)).unwrap()
}

fn settings(root: &Path) -> FileSettings {
    FileSettings {
        files_root: Some(root.to_owned()),
        s3_endpoint: None,
        s3_region: "us-east-1".to_owned(),
        s3_access_key: None,
        s3_secret_key: None,
        s3_path_style: true,
    }
}

/// The names of all files below a folder, hidden ones too.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn full_replaces_the_file_and_keeps_dated_copies() -> anyhow::Result<()> {
    let root = tempfile::tempdir()?;
    let (csv, a) = (csv(root.path(), "file:crm", true, r#"{"keep":2}"#), audience("A"));
    assert_eq!(csv.select(&a).await, Ok(Some(false)));
    for last in [1, 2, 3, 4] {
        let pages = [changes(Op::Added, 1..=1), changes(Op::Added, 2..=last)];
        let answer = csv.create(&a, &mut Made::of(pages.into_iter().filter(|page| !page.is_empty()))).await?;
        assert_eq!(answer, Answer::acknowledged(usize::try_from(last)?));
    }
    let crm = root.path().join("crm");
    let file = fs::read_to_string(crm.join("A.csv"))?;
    assert_eq!(lines(&file)[3], format!("added,{},,4,,,2026-11-24T12:00:00Z", guid(4)));
    let names = files(&crm);
    assert_eq!((names.len(), names[0].as_str()), (3, "A.csv"), "{names:?}");
    assert_eq!(lines(&fs::read_to_string(crm.join(&names[1]))?).len(), 3, "the copy before");
    assert_eq!(fs::read_to_string(crm.join(&names[2]))?, file, "the newest copy");
    assert_eq!(csv.select(&a).await, Ok(Some(true)));

    // An audience without members is a file with the header.
    assert_eq!(csv.create(&a, &mut Made::of([])).await?, Answer::acknowledged(0));
    assert_eq!(lines(&fs::read_to_string(crm.join("A.csv"))?), Vec::<&str>::new());

    csv.remove(&a).await.unwrap();
    assert_eq!(files(&crm), Vec::<String>::new());
    csv.remove(&a).await.unwrap();
    Ok(())
}

#[tokio::test]
async fn mirror_writes_a_file_for_each_sync_that_has_changes() -> anyhow::Result<()> {
    let root = tempfile::tempdir()?;
    let (csv, a) = (csv(root.path(), "file:", false, "{}"), audience("A"));
    assert_eq!(csv.update(&a, &mut Made::of([])).await?, Answer::acknowledged(0));
    assert_eq!((files(root.path()), csv.select(&a).await), (vec![], Ok(Some(false))));
    let pages = [changes(Op::Added, 1..=3), changes(Op::Added, 4..=5)];
    assert_eq!(csv.update(&a, &mut Made::of(pages)).await?, Answer::acknowledged(5));
    assert_eq!(csv.update(&a, &mut Made::of([changes(Op::Removed, [2])])).await?, Answer::acknowledged(1));
    let names = files(root.path());
    let content: Vec<String> =
        names.iter().map(|name| fs::read_to_string(root.path().join(name))).collect::<Result<_, _>>()?;
    assert_eq!((lines(&content[0]).len(), lines(&content[1])[0].split(',').next()), (5, Some("removed")), "{names:?}");
    assert_eq!(csv.select(&a).await, Ok(Some(true)));
    // Another audience in the same folder is left alone.
    fs::write(root.path().join("A.b.csv"), "")?;
    csv.remove(&a).await.unwrap();
    assert_eq!(files(root.path()), ["A.b.csv"]);
    Ok(())
}

#[tokio::test]
async fn content_that_fails_leaves_the_old_file_and_no_other() -> anyhow::Result<()> {
    let root = tempfile::tempdir()?;
    let (csv, a) = (csv(root.path(), "file:", true, "{}"), audience("A"));
    csv.create(&a, &mut Made::of([changes(Op::Added, [7])])).await?;
    let failed = csv.create(&a, &mut Made::failing([changes(Op::Added, 1..=100)])).await;
    assert!(failed.is_err());
    assert_eq!(files(root.path()), ["A.csv"]);
    assert_eq!(lines(&fs::read_to_string(root.path().join("A.csv"))?).len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_rest_of_a_killed_process_is_removed_with_the_next_file() -> anyhow::Result<()> {
    let root = tempfile::tempdir()?;
    for name in [".A~5.partial", ".A.b~5.partial"] {
        fs::write(root.path().join(name), "half")?;
    }
    let (csv, a) = (csv(root.path(), "file:", true, "{}"), audience("A"));
    csv.create(&a, &mut Made::of([])).await?;
    assert_eq!(files(root.path()), [".A.b~5.partial", "A.csv"], "that of another audience stays");
    Ok(())
}

#[tokio::test]
async fn the_file_of_any_name_is_inside_the_folder() -> anyhow::Result<()> {
    let parent = tempfile::tempdir()?;
    let root = parent.path().join("root");
    fs::create_dir(&root)?;
    let csv = csv(&root, "file:", true, "{}");
    for name in ["../x", "..", "/etc/x", "a/../../x", ".x", "x\0y"] {
        csv.create(&audience(name), &mut Made::of([])).await?;
    }
    assert_eq!(files(parent.path()), ["root"]);
    assert!(files(&root).contains(&"%2E.%2Fx.csv".to_owned()), "{:?}", files(&root));
    assert_eq!(files(&root).len(), 6);
    let long = csv.create(&audience(&"x".repeat(300)), &mut Made::of([])).await?;
    assert!(error(&long).contains("File name too long"), "{long:?}");
    Ok(())
}

#[tokio::test]
async fn symbolic_links_are_refused() -> anyhow::Result<()> {
    let (root, outside) = (tempfile::tempdir()?, tempfile::tempdir()?);
    symlink(outside.path(), root.path().join("crm"))?;
    fs::create_dir(root.path().join("real"))?;
    symlink(outside.path(), root.path().join("real/deep"))?;
    for path in ["file:crm", "file:crm/new", "file:real/deep"] {
        let answer = csv(root.path(), path, true, "{}").create(&audience("A"), &mut Made::of([])).await?;
        assert!(error(&answer).contains("symbolic link"), "{path}: {answer:?}");
    }
    // The file itself.
    fs::write(outside.path().join("secret"), "old")?;
    symlink(outside.path().join("secret"), root.path().join("A.csv"))?;
    let answer = csv(root.path(), "file:", true, "{}").create(&audience("A"), &mut Made::of([])).await?;
    assert!(error(&answer).contains("symbolic link"), "{answer:?}");
    assert_eq!(
        (files(outside.path()), fs::read_to_string(outside.path().join("secret"))?),
        (vec!["secret".to_owned()], "old".to_owned())
    );
    Ok(())
}

#[tokio::test]
async fn a_place_that_cannot_be_used_fails_the_subscription() -> anyhow::Result<()> {
    let files = Files::new(&FileSettings { files_root: None, ..settings(Path::new("/")) }).unwrap();
    for (path, params, reason) in [
        ("file:", "{}", "FILES_ROOT is not set"),
        ("s3://audiences", "{}", "S3_ENDPOINT is not set"),
        ("file:../x", "{}", "without .."),
        ("file:", r#"{"keep":-1}"#, "params.keep"),
    ] {
        let stop = files.to(&subscription("csv", path, true, params)).unwrap_err();
        assert!(matches!(&stop, Stop::Retry { error, .. } if error.contains(reason)), "{stop:?}");
    }
    let nowhere = csv(Path::new("/nowhere"), "file:", true, "{}");
    let answer = nowhere.create(&audience("A"), &mut Made::of([])).await?;
    assert!(error(&answer).starts_with("FILES_ROOT: No such file"), "{answer:?}");
    Ok(())
}
