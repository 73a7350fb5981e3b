//! Tests of the rewritten upsert.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is not general enough in its lifetime"
)]

use tokio_postgres::types::Type;

use super::{Upsert, copy_in, create_stage};
use crate::{
    job::Job,
    source::query::{self, Travel},
    target::{Column, Target},
};

fn job(upsert: &str) -> Job {
    let text = format!(
        "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, name varchar(9), price numeric(8,2))
SELECT_SOURCE_SQL: SELECT id, name, price FROM s WHERE u > %s
UPSERT_TARGET_SQL: {upsert}
SELECT_KEYS_SQL: SELECT id FROM s
TARGET_TABLE: t
KEY_COLUMNS: id
"
    );
    Job::parse("jobs/t.yaml", text.as_bytes()).unwrap()
}

fn source() -> Vec<query::Column> {
    let column = |name: &str, r#type, travel| query::Column { name: name.to_owned(), r#type, travel };
    vec![
        column("id", Type::INT4, Travel::Binary),
        column("name", Type::VARCHAR, Travel::Text),
        column("price", Type::NUMERIC, Travel::Binary),
    ]
}

fn target() -> Target {
    let column = |name: &str, r#type: &Type, sql: &str, cut_by_casts| Column {
        r#type: sql.to_owned(),
        loose_type: sql.split('(').next().unwrap_or_default().to_owned(),
        cut_by_casts,
        not_null: name == "id",
        ..Column::of_type(name, r#type.oid())
    };
    Target {
        oid: 1,
        name: r#""public"."t""#.to_owned(),
        partitioned: false,
        plain: true,
        columns: vec![
            column("id", &Type::INT4, "integer", false),
            column("name", &Type::VARCHAR, "character varying(9)", true),
            column("price", &Type::NUMERIC, "numeric(8,2)", false),
        ],
    }
}

fn with<T>(upsert: &str, soft: bool, look: impl FnOnce(&Upsert<'_>) -> T) -> T {
    let (job, target, source) = (job(upsert), target(), source());
    let parts = job.upsert.set_based.as_ref().unwrap();
    let does_nothing = parts.tail.contains("NOTHING");
    let inferred = vec![Type::INT4, Type::VARCHAR, Type::NUMERIC];
    let listed = target.columns.clone();
    look(&Upsert {
        parts,
        target: &target,
        listed,
        conflict: Some(vec![0]),
        source: &source,
        inferred,
        taken_over: (!does_nothing && soft).then(|| vec!["name".to_owned()]),
        does_nothing,
        soft,
    })
}

const UPSERT: &str = "INSERT INTO t (id, name, price) VALUES (%s, upper(%s), %s * 100) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name";

#[test]
fn a_stage_has_the_types_of_the_source_and_is_filled_by_copy() {
    insta::assert_snapshot!(create_stage("s", &source()), @r#"CREATE TEMP TABLE s (c1 pg_catalog."int4", c2 pg_catalog.text, c3 pg_catalog."numeric") ON COMMIT DROP"#);
    insta::assert_snapshot!(copy_in("s", &[]), @"COPY s FROM STDIN (FORMAT binary)");
    insta::assert_snapshot!(copy_in("s", &["a\"b".to_owned()]), @r#"COPY s ("a""b") FROM STDIN (FORMAT binary)"#);
}

#[test]
fn an_insert_is_rewritten_to_a_select_from_the_stage() {
    insta::assert_snapshot!(
        "insert_into_an_empty_table",
        with(UPSERT, false, |upsert| upsert.insert_sql("s", true, None))
    );
    insta::assert_snapshot!(
        "insert_soft_range",
        with(UPSERT, true, |upsert| upsert.insert_sql("s", false, Some("range")))
    );
    insta::assert_snapshot!("create_changed", with(UPSERT, false, |upsert| upsert.create_changed("s").unwrap()));
    insta::assert_snapshot!("restore", with(UPSERT, true, |upsert| upsert.restore("s").unwrap()));
    insta::assert_snapshot!("explain", with(UPSERT, false, |upsert| upsert.explain()));
}

#[test]
fn rows_with_a_null_conflict_key_are_compared_as_text() {
    let changed = with(UPSERT, false, |upsert| {
        let mut upsert = upsert.clone();
        upsert.listed[0].not_null = false;
        upsert.create_changed("s").unwrap()
    });
    insta::assert_snapshot!("create_changed_nullable", changed);
}

#[test]
fn the_last_row_of_a_conflict_key_stays_in_the_stage() {
    insta::assert_snapshot!("has_duplicates", with(UPSERT, false, |upsert| upsert.has_duplicates("s", None).unwrap()));
    insta::assert_snapshot!(
        "has_duplicates_among",
        with(UPSERT, false, |upsert| upsert.has_duplicates("s", Some("c")).unwrap())
    );
    insta::assert_snapshot!("delete_duplicates", with(UPSERT, false, |upsert| upsert.delete_duplicates("s").unwrap()));
    let nothing = "INSERT INTO t VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING";
    assert_eq!(with(nothing, false, |upsert| upsert.has_duplicates("s", None)), None);
    insta::assert_snapshot!(
        "create_changed_do_nothing",
        with(nothing, false, |upsert| upsert.create_changed("s").unwrap())
    );
}

#[test]
fn only_equal_types_are_copied() {
    let bare = "INSERT INTO t (id, name, price) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING";
    assert!(with(bare, false, |upsert| upsert.is_copy()));
    assert!(!with(UPSERT, false, |upsert| upsert.is_copy()));
    let changed = |change: fn(&mut Upsert<'_>)| {
        with(bare, false, |upsert| {
            let mut upsert = upsert.clone();
            change(&mut upsert);
            upsert.is_copy()
        })
    };
    assert!(!changed(|upsert| upsert.listed[0].type_oid = Type::INT8.oid()));
    assert!(!changed(|upsert| upsert.listed[0].always_identity = true));
    assert!(!changed(|upsert| upsert.listed[1].type_oid = 100_000));
}
