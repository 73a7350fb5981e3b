//! psycopg's placeholders in the two texts that take them.

use crate::files::{job, problems};

fn source(sql: &str) -> (String, usize, usize) {
    let job = job("SELECT_SOURCE_SQL", sql);
    (job.select_source.sql, job.select_source.placeholders, job.warnings.len())
}

#[test]
fn every_placeholder_of_the_source_is_the_one_watermark() {
    let (sql, placeholders, warnings) = source("SELECT a, b FROM t WHERE c > %s OR d > %b OR e>%t::date");
    assert_eq!(sql, "SELECT a, b FROM t WHERE c > $1 OR d > $1 OR e>$1::date");
    assert_eq!((placeholders, warnings), (3, 0));
}

#[test]
fn placeholders_of_the_upsert_are_counted() {
    let job = job("UPSERT_TARGET_SQL", "INSERT INTO t VALUES (%s, %s%%2) ON CONFLICT DO NOTHING");
    assert_eq!(job.upsert.row.sql, "INSERT INTO t VALUES ($1, $2%2) ON CONFLICT DO NOTHING");
    assert_eq!(job.upsert.row.placeholders, 2);
}

#[test]
fn doubled_percents_are_percents_everywhere_but_in_comments() {
    let (sql, placeholders, warnings) =
        source("SELECT a %% 2, '5%%', $$%%$$, \"%%\" /* %% %s */ FROM t -- 100%\nWHERE c > %s");
    assert_eq!(sql, "SELECT a % 2, '5%', $$%$$, \"%\" /* %% %s */ FROM t -- 100%\nWHERE c > $1");
    assert_eq!((placeholders, warnings), (1, 0));
}

#[test]
fn a_lone_percent_is_taken_as_it_is_with_a_warning() {
    for sql in
        ["SELECT a % 2 FROM t WHERE c > %s", "SELECT 'a%' FROM t WHERE c > %s", "SELECT a %%% 2 FROM t WHERE c > %s"]
    {
        let job = job("SELECT_SOURCE_SQL", sql);
        assert_eq!(job.select_source.sql, sql.replace("%%", "%").replace("%s", "$1"));
        let [warning] = job.warnings.as_slice() else { panic!("{:?}", job.warnings) };
        assert_eq!(
            warning.to_string(),
            "jobs/t.yaml:4: SELECT_SOURCE_SQL: a single % is taken as it is, psycopg refuses it: write %%"
        );
    }
}

#[test]
fn a_source_without_placeholders_warns_that_all_is_read() {
    let job = job("SELECT_SOURCE_SQL", "SELECT a, b FROM t");
    assert!(job.warnings[0].message.starts_with("there is no %s, so each cycle reads the whole table"));
}

#[test]
fn placeholders_beside_letters_stay_apart() {
    let (sql, ..) = source("SELECT a FROM t WHERE c BETWEEN%s AND 1%s");
    assert_eq!(sql, "SELECT a FROM t WHERE c BETWEEN $1 AND 1 $1");
}

#[test]
fn placeholders_that_psycopg_takes_otherwise_are_refused() {
    for sql in [
        "SELECT '%s'",
        "SELECT $$%s$$",
        "SELECT \"%b\"",
        "SELECT E'%t'",
        "SELECT '%(a)s'",
        "SELECT %(a)s",
        "SELECT a %size",
        "SELECT %s1",
    ] {
        assert!(problems("SELECT_SOURCE_SQL", sql).starts_with("jobs/t.yaml:4: SELECT_SOURCE_SQL: %"), "{sql}");
    }
}

#[test]
fn other_texts_take_percents_literally() {
    let keys = "SELECT a FROM t WHERE a % 2 = 0 AND b LIKE '%s%%' AND a %s = 0 AND (a) %t = 1";
    let job = job("SELECT_KEYS_SQL", keys);
    assert_eq!((job.select_keys.sql.as_str(), job.warnings.len()), (keys, 0));
    for keys in
        ["SELECT a FROM t WHERE b > %s", "SELECT %s", "SELECT a FROM t WHERE b IN (%s)", "SELECT a FROM t WHERE NOT %b"]
    {
        problems("SELECT_KEYS_SQL", keys);
    }
}
