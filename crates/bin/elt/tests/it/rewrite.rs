//! The rewrite of INSERT … VALUES over a stage table, and the reasons against it.

use elt::job::{ConflictTarget, Part, SetBased};

use crate::files::{job, with};

fn set_based(upsert: &str) -> Result<SetBased, String> {
    job("UPSERT_TARGET_SQL", upsert).upsert.set_based
}

fn rewritten(upsert: &str) -> String {
    set_based(upsert).unwrap().select_from("stage s", |at| format!("s.c{at}"))
}

#[test]
fn a_list_becomes_a_select_over_the_stage() {
    for (upsert, expected) in [
        (
            "INSERT INTO t (a, b) VALUES (%s, %s) ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b",
            "INSERT INTO t (a, b) SELECT (s.c0), (s.c1) FROM stage s ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b",
        ),
        (
            "-- users\nINSERT INTO t AS x VALUES (%s, lower(%s) || '%%', %s[1], %s::int %% 2, now()) -- all\nON CONFLICT DO NOTHING; -- end",
            "INSERT INTO t AS x SELECT (s.c0), lower((s.c1)) || '%', (s.c2)[1], (s.c3)::int % 2, now() FROM stage s ON CONFLICT DO NOTHING",
        ),
        (
            "INSERT INTO public.\"t\" (a) OVERRIDING SYSTEM VALUE VALUES (coalesce(%s, %s /* second, */, 0)) ON CONFLICT (a) DO NOTHING",
            "INSERT INTO public.\"t\" (a) OVERRIDING SYSTEM VALUE SELECT coalesce((s.c0), (s.c1)  , 0) FROM stage s ON CONFLICT (a) DO NOTHING",
        ),
        (
            "INSERT INTO t VALUES (ARRAY[%s, %s], (SELECT max(u.x) FROM u WHERE (u.a, u.b) = (%s, %s)), 'a' -- b\n'c') ON CONFLICT DO NOTHING",
            "INSERT INTO t SELECT ARRAY[(s.c0), (s.c1)], (SELECT max(u.x) FROM u WHERE (u.a, u.b) = ((s.c2), (s.c3))), 'a'  \n'c' FROM stage s ON CONFLICT DO NOTHING",
        ),
    ] {
        assert_eq!(rewritten(upsert), expected);
    }
}

#[test]
fn a_value_that_is_one_placeholder_is_bare() {
    let insert =
        set_based("INSERT INTO t (a, b, c) VALUES (%s, /* x */ %s /* y */, %s + 1) ON CONFLICT DO NOTHING").unwrap();
    assert_eq!(insert.values.iter().map(|value| value.bare).collect::<Vec<_>>(), [Some(0), Some(1), None]);
    assert_eq!(insert.values[2].parts, [Part::Placeholder(2), Part::Sql(" + 1".to_owned())]);
}

#[test]
fn table_and_columns_of_an_insert_are_read_as_sql_names() {
    let insert =
        set_based("insert into T as \"X\" (A, \"B\") values (%s, %s) on conflict (A, \"B\") where A > 0 do nothing")
            .unwrap();
    assert_eq!((insert.table.plain().as_str(), insert.alias.as_deref()), ("t", Some("X")));
    assert_eq!(insert.columns, ["a", "B"]);
    let names = vec!["a".to_owned(), "B".to_owned()];
    assert_eq!(insert.conflict, Some(ConflictTarget::Columns { names, predicate: Some("A > 0".to_owned()) }));
    assert_eq!(insert.head, "insert into T as \"X\" (A, \"B\")");
    assert_eq!(insert.tail, "on conflict (A, \"B\") where A > 0 do nothing");
}

#[test]
fn conflict_targets_are_told_apart() {
    let conflict =
        |target: &str| set_based(&format!("INSERT INTO t VALUES (%s) ON CONFLICT {target}")).unwrap().conflict;
    assert_eq!(conflict("DO NOTHING"), None);
    assert_eq!(conflict("ON CONSTRAINT \"T_key\" DO NOTHING"), Some(ConflictTarget::Constraint("T_key".to_owned())));
    for target in ["(lower(a))", "(a COLLATE \"C\", b)", "(a text_pattern_ops) WHERE b /* if */ > 0", "((a + 1), b)"] {
        let expected = ConflictTarget::Expressions(target.replace("/* if */", " "));
        assert_eq!(conflict(&format!("{target} DO UPDATE SET b = 1")), Some(expected));
    }
}

#[test]
fn an_upsert_that_cannot_be_rewritten_has_a_reason() {
    for (upsert, why) in [
        ("UPDATE t SET b = %s WHERE a = %s", "it is not an INSERT but begins with UPDATE"),
        ("MERGE INTO t USING u ON %s WHEN MATCHED THEN DELETE", "it is not an INSERT but begins with MERGE"),
        ("SELECT f(%s)", "it calls a function"),
        ("CALL f(%s)", "it calls a function"),
        ("WITH x AS (SELECT 1) INSERT INTO t VALUES (%s) ON CONFLICT DO NOTHING", "it begins with WITH"),
        ("INSERT INTO t SELECT %s ON CONFLICT DO NOTHING", "its rows do not come from VALUES"),
        ("INSERT INTO t (SELECT %s) ON CONFLICT DO NOTHING", "its rows come from a query"),
        ("INSERT INTO t (a, b) VALUES (%s, DEFAULT) ON CONFLICT DO NOTHING", "the list after VALUES has DEFAULT"),
        ("INSERT INTO t VALUES (%s), (%s) ON CONFLICT DO NOTHING", "VALUES has several rows"),
        (
            "INSERT INTO t VALUES (%s) ON CONFLICT (a) DO UPDATE SET b = %s",
            "a placeholder stands outside the list after VALUES",
        ),
        ("INSERT INTO t VALUES (%s) ON CONFLICT DO NOTHING RETURNING a", "it returns rows (RETURNING)"),
        ("INSERT INTO t (a.x, b[1]) VALUES (%s, %s) ON CONFLICT DO NOTHING", "its column list has more than names"),
        ("INSERT INTO t VALUES (%s,) ON CONFLICT DO NOTHING", "the list after VALUES has an empty place"),
        (
            "INSERT INTO t VALUES (%s, (SELECT max(a) FROM t)) ON CONFLICT DO NOTHING",
            "a subquery reads the table that is written",
        ),
        (
            "INSERT INTO t VALUES (%s) ON CONFLICT (a) DO UPDATE SET b = (SELECT max(x.b) FROM public.\"t\" x)",
            "a subquery reads the table that is written",
        ),
        (
            "INSERT INTO t VALUES (%s, (SELECT count(%s) FROM u)) ON CONFLICT DO NOTHING",
            "an aggregate function takes a placeholder",
        ),
    ] {
        assert_eq!(set_based(upsert).unwrap_err(), why, "{upsert}");
    }
}

#[test]
fn the_tail_may_name_the_table_to_qualify_columns() {
    for tail in [
        "ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b WHERE t.b IS DISTINCT FROM EXCLUDED.b",
        "ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b WHERE EXCLUDED.b IS DISTINCT FROM t.b",
        "ON CONFLICT (a) DO UPDATE SET b = (SELECT u.b FROM u WHERE u.a = t.a)",
    ] {
        let insert = set_based(&format!("INSERT INTO t VALUES (%s) {tail}")).unwrap();
        assert_eq!(insert.tail, tail);
    }
}

#[test]
fn tables_are_compared_with_target_table() {
    let upsert = "INSERT INTO marts.t VALUES (%s) ON CONFLICT DO NOTHING";
    assert!(with(&[("TARGET_TABLE", "Marts.T"), ("UPSERT_TARGET_SQL", upsert)]).is_ok());
    assert!(with(&[("TARGET_TABLE", "public.t"), ("UPSERT_TARGET_SQL", upsert)]).is_err());
}
