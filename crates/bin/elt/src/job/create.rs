//! The rules of CREATE_TABLE_SQL: one table if it is not there, then indexes and comments.

use super::{
    problem::Findings,
    sql::lexical::{self, Parameters},
    sql::name::TableName,
    sql::statement::{Cursor, beginning, starts_with, statements},
    sql::token::{Kind, Token, tokens},
    text::{Source, Text},
};

/// Checks CREATE_TABLE_SQL. `target` is TARGET_TABLE, if that is a name.
pub(crate) fn read(source: &Source, target: Option<&TableName>, findings: &mut Findings) -> Text {
    let tokens = tokens(&source.text);
    lexical::check(source, &tokens, findings, Parameters::None);
    let statements = statements(&tokens);
    match statements.split_first() {
        Some((table, others)) => {
            check_table(table, target, findings);
            others.iter().for_each(|other| check_other(other, findings));
        }
        None => findings.error(0, "there is no statement: begin with CREATE TABLE IF NOT EXISTS"),
    }
    let end = statements.last().and_then(|last| last.last()).map_or(0, Token::end);
    Text::part(source, 0, end)
}

/// The statements of CREATE_TABLE_SQL, each to be sent alone.
pub(crate) fn split(text: &Text) -> Vec<Text> {
    let source = text.source();
    let part = |statement: &Vec<Token<'_>>| {
        let start = statement.first().map_or(0, |first| first.start);
        Text::part(&source, start, statement.last().map_or(0, Token::end))
    };
    statements(&tokens(&source.text)).iter().map(part).collect()
}

/// The table of CREATE_TABLE_SQL has this column, as far as its text tells.
pub(crate) fn mentions(text: &Text, column: &str) -> bool {
    tokens(&text.sql).iter().any(|token| match token.kind {
        Kind::Name => token.text.eq_ignore_ascii_case(column),
        Kind::QuotedName => token.text.trim_matches('"') == column,
        _ => false,
    })
}

fn check_table(statement: &[Token<'_>], target: Option<&TableName>, findings: &mut Findings) {
    let start = statement.first().map_or(0, |first| first.start);
    let mut cursor = Cursor::new(statement);
    if !cursor.words(&["CREATE", "TABLE", "IF", "NOT", "EXISTS"]) {
        let begins = beginning(statement, 4);
        return findings.error(start, format!("begins with `{begins}`: begin with CREATE TABLE IF NOT EXISTS"));
    }
    let place = cursor.rest().first().map_or(start, |token| token.start);
    match (cursor.table_name(), target) {
        (Some(table), Some(target)) if !table.may_be(target) => findings.error(
            place,
            format!("creates {}, but TARGET_TABLE is {}: name one table in both", table.plain(), target.plain()),
        ),
        (None, _) => {
            findings.error(place, "no table name follows CREATE TABLE IF NOT EXISTS: write the name of TARGET_TABLE");
        }
        _ => {}
    }
}

fn check_other(statement: &[Token<'_>], findings: &mut Findings) {
    let start = statement.first().map_or(0, |first| first.start);
    if starts_with(statement, &["COMMENT", "ON"]) {
        return;
    }
    let mut cursor = Cursor::new(statement);
    let unique = cursor.words(&["CREATE", "UNIQUE", "INDEX"]);
    if !unique && !cursor.words(&["CREATE", "INDEX"]) {
        let begins = beginning(statement, 3);
        let message = format!(
            "`{begins}` is not allowed after the table: only CREATE [UNIQUE] INDEX IF NOT EXISTS and COMMENT ON, run the rest by hand"
        );
        return findings.error(start, message);
    }
    if cursor.words(&["CONCURRENTLY"]) {
        return findings
            .error(start, "CREATE INDEX CONCURRENTLY cannot run in the transaction of a cycle: remove CONCURRENTLY");
    }
    if !cursor.words(&["IF", "NOT", "EXISTS"]) {
        findings
            .error(start, "the index would be created again each time: write CREATE INDEX IF NOT EXISTS and a name");
    }
}
