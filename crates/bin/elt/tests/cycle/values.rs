//! The ways to the target table give the same: COPY, the stage, one row after the other with psycopg's types.

use elt::{Job, Method};

use crate::fixture::{Fixture, job, number, rows};

/// Type of M's column, value, expression, type of A's column.
type Column = (String, String, String, String);

/// Built-in types that a table can have, with values.
const TYPES: [(&str, &str); 67] = [
    ("bool", "true"),
    ("\"char\"", "'x'"),
    ("name", "'a name'"),
    ("text", "E'text \\u00e9 \\t'"),
    ("varchar", "'varchar '"),
    ("varchar(10)", "'short'"),
    ("bpchar", "'bpchar  '"),
    ("char(6)", "'abc'"),
    ("bytea", "'\\x00ff10'"),
    ("int2", "-32768"),
    ("int4", "2147483647"),
    ("int8", "-9223372036854775808"),
    ("oid", "4294967295"),
    ("float4", "1.1"),
    ("float8", "'-Infinity'"),
    ("numeric", "12345678901234567890.123456789"),
    ("numeric(10,2)", "4.50"),
    ("money", "'12.34'"),
    ("date", "'infinity'"),
    ("time", "'12:34:56.789'"),
    ("timetz", "'12:34:56+03'"),
    ("timestamp", "'0044-03-15 12:00:00 BC'"),
    ("timestamptz", "'2026-11-30 12:00:00+05'"),
    ("interval", "'1 year 2 days -3.5 seconds'"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    ("json", "'{\"a\":  1, \"a\": 2}'"),
    ("jsonb", "'{\"b\": [1, null]}'"),
    ("jsonpath", "'$.a[*] ? (@ > 1)'"),
    ("xml", "'<a>x</a>'"),
    ("inet", "'10.0.0.1/8'"),
    ("cidr", "'10.0.0.0/8'"),
    ("macaddr", "'08:00:2b:01:02:03'"),
    ("macaddr8", "'08:00:2b:01:02:03:04:05'"),
    ("bit(4)", "B'1010'"),
    ("varbit", "B'10101'"),
    ("point", "'(1,2)'"),
    ("line", "'{1,2,3}'"),
    ("lseg", "'[(0,0),(1,1)]'"),
    ("box", "'(1,1),(0,0)'"),
    ("path", "'[(0,0),(1,1)]'"),
    ("polygon", "'((0,0),(1,1),(1,0))'"),
    ("circle", "'<(0,0),2>'"),
    ("tsvector", "'a:1 b:2A'"),
    ("tsquery", "'a & !b'"),
    ("pg_lsn", "'16/B374D848'"),
    ("txid_snapshot", "'10:20:10,14'"),
    ("pg_snapshot", "'10:20:10,14'"),
    ("xid", "'42'"),
    ("xid8", "'42'"),
    ("tid", "'(1,2)'"),
    ("int4range", "'[1,5)'"),
    ("tstzrange", "'[2026-01-01 00:00+00,)'"),
    ("int8range", "'[1,5)'"),
    ("numrange", "'(1.5,)'"),
    ("tsrange", "'[2026-01-01,2026-02-01)'"),
    ("daterange", "'[2026-01-01,2026-02-01)'"),
    ("int4multirange", "'{[1,2),[3,4)}'"),
    ("int8multirange", "'{[1,2),[3,4)}'"),
    ("tsmultirange", "'{[2026-01-01,2026-02-01)}'"),
    ("tstzmultirange", "'{[2026-01-01 00:00+00,)}'"),
    ("datemultirange", "'{[2026-01-01,2026-02-01)}'"),
    ("nummultirange", "'{[1.5,2],[3,4]}'"),
    ("int4[]", "'{{1,NULL},{3,4}}'"),
    ("text[]", "'{a,NULL,\"b c\"}'"),
    ("numeric(6,2)[]", "'{1.5,2}'"),
    ("regclass", "'pg_class'"),
    ("regtype", "'int4'"),
];

/// Expressions of the list after VALUES: type of M's column, value, expression, type of A's column.
const EXPRESSIONS: [(&str, &str, &str, &str); 32] = [
    ("numeric", "4.5", "%s * 100", "int"),
    ("numeric", "4.5", "%s * 100", "numeric"),
    ("int8", "8589934592", "COALESCE(%s, 0)", "int8"),
    ("int8", "NULL", "COALESCE(%s, 0)", "int8"),
    ("int4", "7", "%s / 2", "numeric"),
    ("int4", "7", "%s", "text"),
    ("int2", "7", "%s::text || '!'", "text"),
    ("text", "'12'", "%s::int + 1", "int"),
    ("text", "'12'", "%s", "int"),
    ("varchar", "' Anna '", "trim(%s)", "text"),
    ("text", "'anna'", "upper(%s)", "varchar(10)"),
    ("text", "'a'", "%s || 'b'", "text"),
    ("text", "'a'", "NULLIF(%s, 'a')", "text"),
    ("text", "'a,b'", "string_to_array(%s, ',')", "text[]"),
    ("text", "'2026-11-30'", "%s", "date"),
    ("text", "'{\"a\": 1}'", "%s::jsonb -> 'a'", "jsonb"),
    ("json", "'{\"a\": 1}'", "%s", "jsonb"),
    ("jsonb", "'{\"a\": 1}'", "(%s ->> 'a')::int", "int"),
    ("timestamp", "'2026-11-30 12:00'", "%s AT TIME ZONE 'UTC'", "timestamptz"),
    ("timestamp", "'2026-11-30 12:00'", "%s", "timestamptz"),
    ("timestamptz", "'2026-11-30 12:00+00'", "%s", "timestamp"),
    ("timestamptz", "'2026-11-30 12:00:00.6+00'", "%s", "timestamptz(0)"),
    ("timestamp", "'2026-11-30 12:00'", "date_trunc('month', %s)", "date"),
    ("date", "'2026-11-30'", "%s + 1", "date"),
    ("float8", "0.1", "%s", "numeric"),
    ("float8", "2.5", "round(%s)", "int"),
    ("numeric", "2.345", "%s", "numeric(6,2)"),
    ("bool", "true", "CASE WHEN %s THEN 'yes' ELSE 'no' END", "text"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "%s", "text"),
    ("int4[]", "'{1,2}'", "cardinality(%s)", "int"),
    ("bpchar", "'pad  '", "%s", "text"),
    ("bpchar", "'pad  '", "length(%s)", "int"),
];

/// A table of M with a column per value, a row of values and one of NULLs, and a job that copies it.
fn case(columns: &[Column]) -> (String, Job) {
    let number = |index: usize| format!("c{index}");
    let list = |one: &dyn Fn(usize, &Column) -> String| {
        columns.iter().enumerate().map(|(index, column)| one(index, column)).collect::<Vec<_>>().join(", ")
    };
    let names = list(&|index, _| number(index));
    let create = format!(
        "CREATE TABLE t (id int PRIMARY KEY, {}, updated_at timestamp DEFAULT '2026-11-30 10:00');
         INSERT INTO t VALUES (1, {}), (2, {})",
        list(&|index, column| format!("{} {}", number(index), column.0)),
        list(&|_, column| column.1.clone()),
        list(&|_, _| "NULL".to_owned()),
    );
    let updates = list(&|index, _| format!("{0} = EXCLUDED.{0}", number(index)));
    let text = format!(
        "CREATE_TABLE_SQL: |
  CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, {}, updated_at timestamp)
SELECT_SOURCE_SQL: |
  SELECT id, {names}, updated_at FROM t WHERE updated_at > %s
UPSERT_TARGET_SQL: |
  INSERT INTO t (id, {names}, updated_at) VALUES (%s, {}, %s)
  ON CONFLICT (id) DO UPDATE SET {updates}, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT id FROM t
TARGET_TABLE: t
KEY_COLUMNS: id
",
        list(&|index, column| format!("{} {}", number(index), column.3)),
        list(&|_, column| column.2.clone()),
    );
    (create, job(&text))
}

/// A after a cycle in each way, and that a second cycle without hashes writes nothing.
async fn all_ways(columns: &[Column]) -> anyhow::Result<Vec<Vec<String>>> {
    let (create, job) = case(columns);
    let mut results = Vec::new();
    for method in [Method::RowByRow, Method::Stage, Method::Fastest] {
        let mut fixture = Fixture::new().await?;
        fixture.redis = None;
        fixture.options.method = method;
        fixture.source.batch_execute(&create).await?;
        fixture.good(&job).await?;
        results.push(rows(&fixture.target, "SELECT * FROM t").await?);
        if method != Method::RowByRow {
            let outcome = fixture.good(&job).await?;
            anyhow::ensure!(outcome.counts.unchanged == 2, "{method:?}: {outcome:?}");
        }
        anyhow::ensure!(number(&fixture.target, "SELECT count(*) FROM t").await? == 2);
    }
    Ok(results)
}

fn owned(column: [&str; 4]) -> Column {
    let [a, b, c, d] = column.map(str::to_owned);
    (a, b, c, d)
}

#[tokio::test]
async fn every_built_in_type_is_copied_equally_by_every_method() -> anyhow::Result<()> {
    let columns: Vec<_> = TYPES.iter().map(|(name, value)| owned([name, value, "%s", name])).collect();
    let results = all_ways(&columns).await?;
    assert_eq!(results[1], results[0], "stage");
    assert_eq!(results[2], results[0], "fastest");
    let (create, _) = case(&columns);
    let fixture = Fixture::new().await?;
    fixture.source.batch_execute(&create).await?;
    assert_eq!(results[0], rows(&fixture.source, "SELECT * FROM t").await?);
    Ok(())
}

/// Built-in types without a row above: pseudo-types of the catalog, those of which no value can be stored by a user, and
/// object identifiers, which travel as `regclass` does.
const OTHERS: [&str; 22] = [
    "aclitem",
    "cid",
    "gtsvector",
    "int2vector",
    "oidvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "refcursor",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "pg_ddl_command",
];

#[tokio::test]
async fn no_built_in_type_is_left_out() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let query = "SELECT format_type(oid, NULL) FROM pg_type WHERE typtype IN ('b', 'r', 'm') AND typnamespace = 'pg_catalog'::regnamespace
        AND oid < 16384 AND typelem = 0 ORDER BY 1";
    let mut left_out = Vec::new();
    for row in fixture.source.query(query, &[]).await? {
        let name: String = row.get(0);
        let base = |tested: &str| tested.split('(').next().unwrap_or_default().to_owned();
        let same = format!("SELECT format_type(unnest($1::text[]::regtype[]), NULL) = '{name}'");
        let tested: Vec<String> = TYPES.iter().map(|(tested, _)| base(tested)).collect();
        let found = fixture.source.query(&same, &[&tested]).await?.iter().any(|row| row.get(0));
        if !found && !OTHERS.contains(&name.as_str()) {
            left_out.push(name);
        }
    }
    assert!(left_out.is_empty(), "{left_out:?}");
    Ok(())
}

#[tokio::test]
async fn an_empty_table_is_filled_by_copy_with_the_same_result() -> anyhow::Result<()> {
    // These are cast in M, or padded in one of the two.
    let unequal = ["\"char\"", "name", "regclass", "regtype"];
    let equal = TYPES.iter().filter(|(name, _)| !unequal.contains(name));
    let columns: Vec<_> = equal.map(|(name, value)| owned([name, value, "%s", name])).collect();
    let (create, job) = case(&columns);
    let fixture = Fixture::new().await?;
    fixture.source.batch_execute(&create).await?;
    fixture.good(&job).await?;
    let compared = "SELECT count(keys_compared_at) FROM elt.jobs";
    assert_eq!(number(&fixture.target, compared).await?, 0, "keys are compared after any other way");
    assert_eq!(rows(&fixture.target, "SELECT * FROM t").await?, rows(&fixture.source, "SELECT * FROM t").await?);
    Ok(())
}

#[tokio::test]
async fn expressions_are_the_same_set_based_and_row_by_row() -> anyhow::Result<()> {
    let columns: Vec<_> = EXPRESSIONS.iter().map(|(from, value, list, to)| owned([from, value, list, to])).collect();
    let results = all_ways(&columns).await?;
    assert_eq!(results[1], results[0]);
    assert!(results[0].iter().any(|row| row.starts_with("(1,450,450.0,8589934592,")), "{:?}", results[0]);
    Ok(())
}

#[tokio::test]
async fn types_of_users_travel_as_text() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let types = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN small AS int CHECK (VALUE < 100)";
    fixture.write(types).await?;
    fixture.target.batch_execute(types).await?;
    let columns = "id int PRIMARY KEY, m mood, ms mood[], p pair, s small, t text";
    fixture
        .write(&format!(
            "CREATE TABLE t ({columns}, updated_at timestamp DEFAULT localtimestamp);
             INSERT INTO t VALUES (1, 'ok', '{{sad,NULL}}', '(1,\"a b\")', 7, 'x'), (2, NULL, NULL, NULL, NULL, NULL)"
        ))
        .await?;
    let job = job(&format!(
        "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS t ({columns}, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT id, m, ms, p, s, t, updated_at FROM t WHERE updated_at > %s
UPSERT_TARGET_SQL: INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT ON CONSTRAINT t_pkey DO UPDATE SET m = EXCLUDED.m
SELECT_KEYS_SQL: SELECT m, p FROM t
TARGET_TABLE: t
KEY_COLUMNS: [m, p]
"
    ));
    fixture.good(&job).await?;
    fixture.flush_redis().await?;
    assert_eq!(fixture.good(&job).await?.counts.unchanged, 2);
    assert_eq!(rows(&fixture.target, "SELECT * FROM t").await?, rows(&fixture.source, "SELECT * FROM t").await?);
    fixture.target.batch_execute("DELETE FROM t").await?;
    fixture.write("INSERT INTO t VALUES (3, 'sad')").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.inserted, outcome.counts.repaired), (1, 2), "{outcome:?}");
    assert_eq!(rows(&fixture.target, "SELECT * FROM t").await?, rows(&fixture.source, "SELECT * FROM t").await?);
    Ok(())
}
