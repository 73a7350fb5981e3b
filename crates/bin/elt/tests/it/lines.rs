//! Lines of the file for positions in a text, in every way in which YAML writes a text.

use elt::{Job, job::Text};

/// The line of the word `here` in SELECT_KEYS_SQL of a file in which it is written so.
fn line_of_here(yaml: &str) -> u32 {
    let rest = "\
CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS t (a int)
SELECT_SOURCE_SQL: SELECT a FROM t WHERE c > %s
UPSERT_TARGET_SQL: INSERT INTO t (a) VALUES (%s) ON CONFLICT DO NOTHING
TARGET_TABLE: t
KEY_COLUMNS: a
";
    let job = Job::parse("t.yaml", format!("{yaml}\n{rest}").as_bytes()).unwrap();
    let sql = &job.select_keys.sql;
    let bytes = sql.find("here").unwrap_or_else(|| panic!("{sql}"));
    job.select_keys.line_at(sql[..bytes].chars().count() + 1)
}

#[test]
fn a_position_is_found_in_every_style_of_yaml() {
    for (yaml, line) in [
        ("SELECT_KEYS_SQL: SELECT here", 1),
        ("SELECT_KEYS_SQL: |\n  SELECT\n  here", 3),
        ("SELECT_KEYS_SQL: |\n\n\n  SELECT\n\n  here", 6),
        ("SELECT_KEYS_SQL: |-  # a comment\n     SELECT 'é',\n     here", 3),
        ("SELECT_KEYS_SQL: >\n  SELECT a,\n  b,\n  here", 4),
        ("SELECT_KEYS_SQL: >\n  SELECT a,\n\n\n  here", 5),
        ("SELECT_KEYS_SQL: SELECT a,\n  b,\n\n  here", 4),
        ("SELECT_KEYS_SQL: 'SELECT ''a'' ,\n\n  ''it'''' s'',\n  here'", 4),
        ("SELECT_KEYS_SQL: \"SELECT 'a\\n\\u0041 \\x20 \\U0001F600 \\ud83d\\ude00' , \\\n  here\"", 2),
        ("SELECT_KEYS_SQL: \"SELECT a,\\n\\n\\nhere\"", 1),
        ("# a comment\n\nSELECT_KEYS_SQL:\n  |\n  SELECT a, -- one\n  /* two\n  */ here", 7),
        ("SELECT_KEYS_SQL: |\r\n  SELECT\r\n  here\r", 3),
        ("\u{feff}SELECT_KEYS_SQL: |\n  SELECT\n  here", 3),
    ] {
        assert_eq!(line_of_here(yaml), line, "{yaml:?}");
    }
}

#[test]
fn positions_outside_a_text_are_at_its_ends() {
    let text = Text::new("SELECT\n1", 7);
    assert_eq!((text.line_at(0), text.line_at(1), text.line_at(8), text.line_at(99)), (7, 7, 8, 8));
}

#[test]
fn placeholders_and_doubled_percents_do_not_move_lines() {
    let job = crate::files::job("SELECT_SOURCE_SQL", "SELECT a %% %s,\n'%%\n%%', b\nFROM t");
    assert_eq!(job.select_source.sql, "SELECT a % $1,\n'%\n%', b\nFROM t");
    let line = |word: &str| job.select_source.line_at(job.select_source.sql.find(word).unwrap() + 1);
    assert_eq!((line("SELECT"), line(", b"), line("FROM")), (4, 6, 7));
}
