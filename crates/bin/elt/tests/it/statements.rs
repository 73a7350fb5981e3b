//! The rules of each SQL text: how it begins, how many statements it has, what it must not do.

use crate::files::{job, problems};

#[test]
fn the_table_may_be_followed_by_indexes_and_comments() {
    let create = "/* x */ create table if not exists T (a int); ;\nCREATE INDEX IF NOT EXISTS i ON t (a);\n\
                  CREATE UNIQUE INDEX IF NOT EXISTS j ON t (b);COMMENT ON TABLE t IS 'a; b' ; -- end";
    let job = job("CREATE_TABLE_SQL", create);
    let statements = job.create_statements();
    let sql: Vec<_> = statements.iter().map(|text| (text.sql.as_str(), text.line)).collect();
    assert_eq!(
        sql,
        [
            ("create table if not exists T (a int)", 2),
            ("CREATE INDEX IF NOT EXISTS i ON t (a)", 3),
            ("CREATE UNIQUE INDEX IF NOT EXISTS j ON t (b)", 4),
            ("COMMENT ON TABLE t IS 'a; b'", 4),
        ]
    );
}

#[test]
fn other_statements_are_refused_beside_the_table() {
    for create in [
        "",
        "-- nothing",
        "SELECT 1",
        "CREATE TABLE t (a int)",
        "CREATE TEMP TABLE IF NOT EXISTS t (a int)",
        "CREATE TABLE IF NOT EXISTS u (a int)",
        "CREATE TABLE IF NOT EXISTS (a int)",
        "CREATE INDEX IF NOT EXISTS i ON t (a)",
        "CREATE TABLE IF NOT EXISTS t (a int); DROP TABLE u",
        "CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX i ON t (a)",
        "CREATE TABLE IF NOT EXISTS t (a int); INSERT INTO t VALUES (1)",
        "CREATE TABLE IF NOT EXISTS t (a int); CREATE TABLE IF NOT EXISTS u (a int)",
    ] {
        problems("CREATE_TABLE_SQL", create);
    }
}

#[test]
fn the_select_texts_must_be_queries() {
    for query in [
        "SELECT 1",
        "with x as (select 1) select * from x",
        "VALUES (1)",
        "TABLE t",
        "((SELECT 1) UNION SELECT 2)",
        "SELECT 1 AS into; ; -- end",
        "SELECT substring(a FOR 2)",
    ] {
        job("SELECT_KEYS_SQL", query);
        job("SELECT_SOURCE_SQL", query);
    }
    for query in [
        "",
        ";",
        "COPY t TO STDOUT",
        "CREATE TABLE x ()",
        "INSERT INTO t VALUES (1)",
        "SELECT 1; SELECT 2",
        "EXPLAIN SELECT 1",
        "SELECT a INTO x FROM t",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "WITH x AS NOT MATERIALIZED (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x",
        "SELECT 1) TO PROGRAM 'sh' --",
        "SELECT (1",
        "SELECT 'a",
        "SELECT ]",
        "SELECT (]",
        "SELECT $1",
        "DO $$ begin end $$",
        "SELECT 1 FOR UPDATE",
        "SELECT a FROM t FOR NO KEY UPDATE",
        "SELECT a FROM t FOR KEY SHARE",
    ] {
        problems("SELECT_KEYS_SQL", query);
        problems("SELECT_SOURCE_SQL", query);
    }
}

#[test]
fn a_query_is_sent_without_semicolon_and_what_follows_it() {
    let job = job("SELECT_KEYS_SQL", ";\n-- all keys\nSELECT a -- the key\nFROM t -- all\n;\n-- end");
    assert_eq!(job.select_keys.sql, "\n-- all keys\nSELECT a -- the key\nFROM t");
    assert_eq!(job.select_keys.line_at(job.select_keys.sql.find("FROM").unwrap() + 1), 11);
}

#[test]
fn an_upsert_is_one_statement_with_placeholders() {
    for upsert in [
        "UPDATE t SET b = %s WHERE a = %s",
        "UPDATE t SET insert = %s WHERE a = %s",
        "MERGE INTO t USING (VALUES (%s, %s)) v (a, b) ON t.a = v.a WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (a, b)",
        "SELECT upsert(%s, %s)",
        "CALL upsert(%s, %s)",
        "WITH v AS (SELECT %s AS a, %s AS b) INSERT INTO t SELECT * FROM v ON CONFLICT DO NOTHING",
    ] {
        assert!(job("UPSERT_TARGET_SQL", upsert).upsert.set_based.is_err(), "{upsert}");
    }
    for upsert in [
        "",
        "DELETE FROM t WHERE a = %s",
        "TRUNCATE t",
        "COPY t FROM STDIN",
        "BEGIN",
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
        "INSERT INTO t VALUES (%s, %s)",
        "WITH v AS (SELECT 1) INSERT INTO t VALUES (%s)",
        "INSERT INTO t SELECT %s",
        "INSERT INTO t VALUES (%s, (SELECT 1 ON CONFLICT))",
        "UPDATE t SET b = %s; UPDATE t SET a = %s",
        "INSERT INTO u VALUES (%s) ON CONFLICT DO NOTHING",
        "INSERT INTO t (a) VALUES (%s, %s) ON CONFLICT DO NOTHING",
    ] {
        problems("UPSERT_TARGET_SQL", upsert);
    }
}

#[test]
fn a_comment_that_yaml_lengthens_is_refused() {
    let right = "CREATE_TABLE_SQL: |-\n  CREATE TABLE IF NOT EXISTS t (a int)\nSELECT_KEYS_SQL: >\n  SELECT a -- key\n  FROM t\n";
    let problems = elt::Job::parse("jobs/t.yaml", right.as_bytes()).unwrap_err();
    assert!(
        crate::files::shown(&problems).contains("jobs/t.yaml:4: SELECT_KEYS_SQL: the comment after --"),
        "{problems:?}"
    );
}
