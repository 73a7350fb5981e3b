//! Which names in JOBS_DIR are job files, and what is read of them.

use std::fs;

use elt::job::{MAX_BYTES, job_files, job_name, read_file};

#[test]
fn yaml_and_json_files_are_job_files_in_order() {
    let names = [
        "users.yaml",
        "b.yml",
        "a.json",
        "readme.md",
        ".hidden.yaml",
        "..data",
        "yaml",
        "x.YAML",
        "x.yaml.bak",
        "a.b.yaml",
    ];
    assert_eq!(job_files(names), ["a.b.yaml", "a.json", "b.yml", "users.yaml"]);
}

#[test]
fn a_job_is_named_by_the_stem_of_its_file() {
    assert_eq!(job_name("jobs/users.yaml"), "users");
    assert_eq!(job_name("a.b.json"), "a.b");
}

#[test]
fn a_file_over_the_limit_is_read_only_to_one_byte_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.yaml");
    fs::write(&file, vec![b'#'; 2 * MAX_BYTES]).unwrap();
    assert_eq!(read_file(&file).unwrap().len(), MAX_BYTES + 1);
}

#[test]
fn a_link_is_followed_and_a_folder_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    fs::write(&file, "A: 1").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(read_file(&link).unwrap(), b"A: 1");
    assert!(read_file(folder.path()).is_err());
}
