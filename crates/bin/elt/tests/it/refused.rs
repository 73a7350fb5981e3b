//! Wrong job files: each is refused with file, line, key and remedy.

use elt::Job;

use crate::files::{folder, shown};

#[test]
fn every_wrong_file_is_refused_with_its_line_and_a_remedy() {
    let files = folder("refused");
    assert!(files.len() >= 25);
    for (name, bytes) in files {
        let problems = Job::parse(&format!("jobs/{name}"), &bytes).expect_err(&name);
        insta::assert_snapshot!(format!("refused__{name}"), shown(&problems));
    }
}

#[test]
fn a_file_over_1_mib_is_refused_unread() {
    let bytes = vec![b'#'; elt::job::MAX_BYTES + 1];
    let problems = Job::parse("jobs/large.yaml", &bytes).unwrap_err();
    assert_eq!(
        shown(&problems),
        "jobs/large.yaml:1: the file is larger than 1 MiB, the limit for a job file: shorten it\n"
    );
    let problems = Job::parse("jobs/large.yaml", &bytes[..elt::job::MAX_BYTES]).unwrap_err();
    assert_eq!(shown(&problems), "jobs/large.yaml:1: the file is empty: write the six required keys\n");
}

#[test]
fn one_mistake_repeated_all_over_a_large_file_is_reported_a_few_times() {
    let text = format!("SELECT_SOURCE_SQL: |\n{}", "  '%s',\n".repeat(100_000));
    let problems = Job::parse("jobs/large.yaml", text.as_bytes()).unwrap_err();
    assert!(problems.len() < 100, "{}", problems.len());
}
