//! The columns that M answers with, against placeholders and KEY_COLUMNS.

use crate::files::job;

const UPSERT: &str =
    "INSERT INTO t (id, name, created_at, updated_at) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO NOTHING";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn count(upsert: &str, columns: &[&str]) -> Option<String> {
    job("UPSERT_TARGET_SQL", upsert).check_source_columns(&names(columns)).map(|problem| problem.to_string())
}

#[test]
fn a_column_without_a_placeholder_is_named() {
    assert_eq!(count(UPSERT, &["id", "name", "created_at", "updated_at"]), None);
    assert_eq!(
        count(UPSERT, &["id", "name", "email", "created_at", "updated_at"]).unwrap(),
        "jobs/t.yaml:6: UPSERT_TARGET_SQL: 4 placeholders for 5 columns of SELECT_SOURCE_SQL (email is left over): add one"
    );
    assert_eq!(
        count("SELECT f(%s)", &["id", "a", "b"]).unwrap(),
        "jobs/t.yaml:6: UPSERT_TARGET_SQL: 1 placeholder for 3 columns of SELECT_SOURCE_SQL (a, b are left over): add 2"
    );
    assert_eq!(
        count(UPSERT, &["id"]).unwrap(),
        "jobs/t.yaml:6: UPSERT_TARGET_SQL: 4 placeholders for 1 column of SELECT_SOURCE_SQL: remove 3, or select 3 more columns"
    );
}

#[test]
fn swapped_values_cause_a_warning() {
    let job = job("UPSERT_TARGET_SQL", UPSERT);
    assert_eq!(job.check_source_order(&names(&["id", "name", "created_at", "updated_at"])), []);
    assert_eq!(job.check_source_order(&names(&["user_id", "title", "first", "last"])), []);
    let warnings = job.check_source_order(&names(&["id", "name", "updated_at", "created_at"]));
    assert_eq!(
        crate::files::shown(&warnings),
        "jobs/t.yaml:6: UPSERT_TARGET_SQL: updated_at of SELECT_SOURCE_SQL is written to created_at: name the columns of both in one order\n\
         jobs/t.yaml:6: UPSERT_TARGET_SQL: created_at of SELECT_SOURCE_SQL is written to updated_at: name the columns of both in one order\n"
    );
}

#[test]
fn keys_are_equal_in_number_names_and_order() {
    let job = job("KEY_COLUMNS", "Title");
    assert_eq!(job.check_key_columns(&names(&["title"])), None);
    for (columns, message) in [
        (&["title", "category"][..], "2 columns (title, category), but KEY_COLUMNS has 1 column (title): select these"),
        (
            &["Title"],
            "column 1 is Title, but KEY_COLUMNS (title) has title there: a name with capitals needs double quotes, '\"Title\"'",
        ),
        (&["name"], "column 1 is name, but KEY_COLUMNS (title) has title there: use one name in both (AS)"),
    ] {
        let problem = job.check_key_columns(&names(columns)).unwrap();
        assert_eq!(problem.to_string(), format!("jobs/t.yaml:8: SELECT_KEYS_SQL: {message}"));
    }
}
