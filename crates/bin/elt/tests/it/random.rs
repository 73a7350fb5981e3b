//! Random input: nothing panics, tokens put together are the input, and what is accepted keeps its meaning.

use elt::{
    Job,
    job::{
        TableName, quote,
        sql::token::{Kind, tokens, tokens_with_placeholders},
    },
};
use proptest::prelude::*;

use crate::files::{folder, with};

/// Pieces whose neighbourhood decides how they are read.
const PIECES: [&str; 48] = [
    "'",
    "''",
    "\"",
    "$$",
    "$a$",
    "$1",
    "$",
    "E'",
    "e'",
    "U&'",
    "U&\"",
    "N'",
    "\\",
    "\\'",
    "--",
    "/*",
    "*/",
    "\n",
    "\r",
    " ",
    "\t",
    "%",
    "%%",
    "%s",
    "%(a)s",
    "%(",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    ".",
    ":",
    "+",
    "-",
    "@",
    "<",
    "1",
    ".5",
    "1e-",
    "a",
    "é",
    "\u{a0}",
    "SELECT",
    "INSERT INTO t",
    "VALUES",
    "ON CONFLICT",
];

fn sql() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat()),
        ".{0,60}",
    ]
}

/// Bytes of a right file with a few of them changed.
fn spoilt_file() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> =
        ["customer", "refused"].iter().flat_map(|name| folder(name)).map(|(_, bytes)| bytes).collect();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6);
    (prop::sample::select(files), changes).prop_map(|(mut bytes, changes)| {
        for (at, byte, how) in changes {
            let at = at.index(bytes.len().max(1));
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at.min(bytes.len()), byte),
                _ => bytes.truncate(bytes.len().saturating_sub(usize::from(byte) / 8)),
            }
        }
        bytes
    })
}

/// What is repeated here would take hours if any rule looked at the rest of the text again for each token.
#[test]
fn large_texts_are_read_in_one_pass() {
    for piece in [
        "(",
        "(SELECT ",
        "[",
        "count(",
        "ARRAY[%s],",
        "'",
        "$a$ $b$ ",
        "$a",
        "/*",
        "%(",
        "%s ",
        "%%%",
        ";",
        ",",
        "a.",
        "\"\"",
        "E'\\' ",
        "--\n",
        "WHERE (t ",
        ") ",
        "ON CONFLICT ",
        "SELECT a INTO ",
        "+-",
        "é\u{a0}",
    ] {
        let text = piece.repeat(40_000 / piece.len());
        for key in [
            "CREATE_TABLE_SQL",
            "SELECT_SOURCE_SQL",
            "UPSERT_TARGET_SQL",
            "SELECT_KEYS_SQL",
            "TARGET_TABLE",
            "KEY_COLUMNS",
            "LAG",
        ] {
            let _ = with(&[(key, &text)]);
        }
        let _ = with(&[(
            "UPSERT_TARGET_SQL",
            &format!("INSERT INTO t VALUES (%s, {text}) ON CONFLICT ({text}) DO {text}"),
        )]);
    }
    let keys: String = (0..50_000).map(|at| format!("k{at}: 1\n")).collect();
    assert_eq!(Job::parse("jobs/t.yaml", keys.as_bytes()).unwrap_err().len(), 100);

    let columns: String = (0..50_000).map(|at| format!("k{at}, ")).collect();
    let list = format!("KEY_COLUMNS: [{columns}]");
    assert!(Job::parse("jobs/t.yaml", list.as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tokens_put_together_are_the_input(sql in sql()) {
        for tokens in [tokens(&sql), tokens_with_placeholders(&sql)] {
            prop_assert_eq!(tokens.iter().map(|token| token.text).collect::<String>(), sql.as_str());
            prop_assert!(tokens.iter().all(|token| !token.text.is_empty() && sql[token.start..].starts_with(token.text)));
            prop_assert!(tokens.iter().rev().skip(1).all(|token| token.closed));
        }
    }

    #[test]
    fn no_text_panics_in_any_key(sql in sql()) {
        for key in ["CREATE_TABLE_SQL", "SELECT_SOURCE_SQL", "UPSERT_TARGET_SQL", "SELECT_KEYS_SQL", "TARGET_TABLE", "KEY_COLUMNS", "LAG"] {
            let _ = with(&[(key, &sql)]);
        }
        let _ = with(&[("UPSERT_TARGET_SQL", &format!("INSERT INTO t VALUES (%s, {sql}) ON CONFLICT {sql}"))]);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Job::parse("jobs/t.yaml", &bytes);
    }

    #[test]
    fn no_corrupted_file_panics(bytes in spoilt_file()) {
        if let Err(problems) = Job::parse("jobs/t.yaml", &bytes) {
            prop_assert!(!problems.is_empty());
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
            for problem in problems {
                prop_assert!(problem.line >= 1 && problem.line as usize <= lines, "{problem} of {lines} lines");
                prop_assert!(problem.message.contains(": ") || problem.message.contains('('), "no remedy: {problem}");
            }
        }
    }

    #[test]
    fn a_quoted_name_is_read_again(name in "[^\0]{1,15}") {
        let read = TableName::parse(&quote(&name)).unwrap();
        prop_assert_eq!(read.table, name);
    }

    #[test]
    fn a_rewritten_list_has_the_same_placeholders_in_order(values in prop::collection::vec("(%s|f\\(%s, %s\\)|'%%'|%s::int|1|\\[%s\\])", 1..6)) {
        let list = values.join(", ").replace('[', "ARRAY[");
        let job = with(&[("UPSERT_TARGET_SQL", &format!("INSERT INTO t VALUES ({list}, %s) ON CONFLICT DO NOTHING"))]).unwrap();
        let insert = job.upsert.set_based.unwrap();
        let text = insert.select_from("s", |at| format!("${}", at + 1));
        let numbers = |sql: &str| -> Vec<String> {
            tokens(sql).iter().filter(|token| token.kind == Kind::Param).map(|token| token.text.to_owned()).collect()
        };
        prop_assert_eq!(numbers(&text), numbers(&job.upsert.row.sql));
        let row = format!("INSERT INTO t VALUES ({}) ON CONFLICT DO NOTHING", insert.values.iter().map(|value| {
            value.render(|at| format!("${}", at + 1))
        }).collect::<Vec<_>>().join(", "));
        let without_brackets = |sql: &str| sql.replace(['(', ')'], "");
        prop_assert_eq!(without_brackets(&row), without_brackets(&job.upsert.row.sql));
    }
}
