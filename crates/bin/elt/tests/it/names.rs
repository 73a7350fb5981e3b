//! Names of tables and columns as SQL reads them.

use elt::job::{TableName, quote};

fn read(text: &str) -> Option<String> {
    TableName::parse(text).ok().map(|name| name.to_string())
}

#[test]
fn names_are_folded_unless_quoted() {
    for (text, name) in [
        ("users", r#""users""#),
        ("Users", r#""users""#),
        (r#""Users""#, r#""Users""#),
        ("Public.Users", r#""public"."users""#),
        (r#" public . "My ""Table""" "#, r#""public"."My ""Table""""#),
        ("ПОЛЬЗОВАТЕЛИ", r#""ПОЛЬЗОВАТЕЛИ""#),
        (r#"U&"d\0061t\+000061""#, r#""data""#),
        (r#"u&"d!0061ta!!" UESCAPE '!'"#, r#""data!""#),
        ("a$b_1", r#""a$b_1""#),
        ("order", r#""order""#),
        (r#""a.b""#, r#""a.b""#),
        ("a /* comment */ . b -- more", r#""a"."b""#),
    ] {
        assert_eq!(read(text).as_deref(), Some(name), "{text}");
    }
}

#[test]
fn invalid_names_are_refused() {
    for text in [
        "",
        " ",
        "a.b.c",
        "1a",
        "a-b",
        "a b",
        ".a",
        "a.",
        r#""""#,
        r#""a"#,
        r#"U&"\00""#,
        r#"U&"\D800""#,
        "'a'",
        "$1",
        "a;",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn long_names_are_cut_as_postgresql_cuts_them() {
    let name = TableName::parse(&"a".repeat(70)).unwrap();
    assert_eq!(name.table.len(), 63);
    let name = TableName::parse(&"é".repeat(40)).unwrap();
    assert_eq!(name.table, "é".repeat(31));
}

#[test]
fn messages_show_quotes_only_where_they_matter() {
    assert_eq!(TableName::parse("Public.\"Users\"").unwrap().plain(), r#"public."Users""#);
    assert_eq!(quote("a\"b"), r#""a""b""#);
}

#[test]
fn a_name_without_a_schema_may_be_in_any() {
    let name = |text: &str| TableName::parse(text).unwrap();
    assert!(name("users").may_be(&name("marts.users")));
    assert!(!name("public.users").may_be(&name("marts.users")));
    assert!(!name("users").may_be(&name("orders")));
}
