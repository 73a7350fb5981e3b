//! The customer's two job files, byte for byte.

use std::time::Duration;

use elt::{
    Job,
    job::{ConflictTarget, DeleteMode},
};

use crate::files::folder;

fn job(name: &str) -> Job {
    let (_, bytes) = folder("customer").into_iter().find(|(file, _)| file == name).unwrap();
    Job::parse(&format!("jobs/{name}"), &bytes).unwrap()
}

#[test]
fn both_files_are_accepted_without_a_warning() {
    for name in ["users.json", "products.json"] {
        assert_eq!(job(name).warnings, [], "{name}");
    }
}

#[test]
fn users_is_read_whole() {
    let job = job("users.json");
    assert_eq!(job.name, "users");
    assert_eq!(job.target.to_string(), r#""users""#);
    assert_eq!(job.key_columns, ["id"]);
    assert_eq!(
        job.select_source.sql,
        "SELECT id, name, email, created_at, updated_at FROM users WHERE updated_at > $1"
    );
    assert_eq!((job.select_source.placeholders, job.select_source.line), (1, 3));
    assert_eq!(job.select_keys.sql, "SELECT id FROM users");
    assert!(job.create_table.sql.starts_with("CREATE TABLE IF NOT EXISTS users (id INT PRIMARY KEY"));
    assert_eq!((job.lag, job.timeout), (Duration::from_secs(60), Duration::from_secs(3600)));
    assert_eq!((job.every, job.delete_every, job.delete), (None, None, DeleteMode::Hard));
    assert!((job.max_delete_ratio - 0.2).abs() < f64::EPSILON);
}

#[test]
fn products_is_rewritten_for_a_stage() {
    let job = job("products.json");
    let insert = job.upsert.set_based.unwrap();
    assert_eq!(insert.columns.len(), 7);
    assert!(insert.values.iter().enumerate().all(|(at, value)| value.bare == Some(at)));
    let names = vec!["product_id".to_owned()];
    assert_eq!(insert.conflict, Some(ConflictTarget::Columns { names, predicate: None }));
    insta::assert_snapshot!(insert.select_from("elt_stage s", |at| format!("s.c{at}")));
}

#[test]
fn products_has_keys_that_are_not_unique() {
    assert_eq!(job("products.json").key_columns, ["title", "category"]);
}
