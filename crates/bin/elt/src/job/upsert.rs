//! The rules of UPSERT_TARGET_SQL: one statement with placeholders, and ON CONFLICT in an INSERT.

use super::{
    columns::one,
    problem::Findings,
    rewrite,
    set_based::SetBased,
    sql::lexical::{self, Parameters},
    sql::name::TableName,
    sql::placeholder::{self, Numbering},
    sql::statement::{beginning, find_word, starts_with, statements, whole},
    sql::token::{Token, tokens_with_placeholders},
    text::{Source, Template},
};

/// UPSERT_TARGET_SQL in its two forms: for one row, and for all rows of a stage table.
#[derive(Clone, Debug, PartialEq)]
pub struct Upsert {
    /// The statement for one row with `$1` to `$n`, one per placeholder in order, without its `;`.
    pub row: Template,
    /// The statement over a stage table, or the reason why there is none: `MERGE takes one row at a time`.
    pub set_based: Result<SetBased, String>,
}

/// Checks UPSERT_TARGET_SQL. `target` is TARGET_TABLE, if that is a name.
pub(crate) fn read(source: &Source, target: Option<&TableName>, findings: &mut Findings) -> Upsert {
    let tokens = tokens_with_placeholders(&source.text);
    lexical::check(source, &tokens, findings, Parameters::Placeholders);
    placeholder::check(&tokens, findings);
    let statements = statements(&tokens);
    let Some(statement) = statements.first() else {
        findings.error(0, "there is no statement: write INSERT … ON CONFLICT … DO UPDATE");
        let row = placeholder::template(source, &[], Numbering::Counted);
        return Upsert { row, set_based: Err(String::new()) };
    };
    if let Some(second) = statements.get(1).and_then(|second| second.first()) {
        findings.error(second.start, "a second statement begins here: write one statement");
    }
    check_statement(statement, findings);
    let whole = whole(&tokens, statement);
    let row = placeholder::template(source, whole, Numbering::Counted);
    let set_based = rewrite::rewrite(whole, statement);
    if let Ok(set_based) = &set_based {
        check_insert(statement, set_based, target, findings);
    }
    Upsert { row, set_based }
}

fn check_statement(statement: &[Token<'_>], findings: &mut Findings) {
    let start = statement.first().map_or(0, |first| first.start);
    if !["INSERT", "UPDATE", "MERGE", "WITH", "SELECT", "CALL"].iter().any(|word| starts_with(statement, &[word])) {
        let begins = beginning(statement, 2);
        return findings.error(start, format!("begins with `{begins}`: write INSERT … ON CONFLICT … DO UPDATE"));
    }
    if placeholder::count(statement) == 0 {
        findings.error(start, "there is no placeholder: write one %s for each column of SELECT_SOURCE_SQL");
    }
    // An INSERT after WITH needs one too; that of a MERGE has none.
    let inserts = starts_with(statement, &["INSERT"]) || starts_with(statement, &["WITH"]);
    let exempt = !inserts || find_word(statement, "MERGE").is_some() || rewrite::has_on_conflict(statement);
    let insert = find_word(statement, "INSERT").filter(|_| !exempt);
    if let Some(insert) = insert.and_then(|at| statement.get(at)) {
        findings.error(
            insert.start,
            "the INSERT has no ON CONFLICT: add ON CONFLICT (key) DO UPDATE SET column = EXCLUDED.column",
        );
    }
}

/// Checks the table and the number of values of an INSERT.
fn check_insert(statement: &[Token<'_>], insert: &SetBased, target: Option<&TableName>, findings: &mut Findings) {
    let start = statement.first().map_or(0, |first| first.start);
    if let Some(target) = target.filter(|target| !insert.table.may_be(target)) {
        let (table, target) = (insert.table.plain(), target.plain());
        findings.error(start, format!("inserts into {table}, but TARGET_TABLE is {target}: name one table in both"));
    }
    let (columns, values) = (insert.columns.len(), insert.values.len());
    let place = find_word(statement, "VALUES").and_then(|at| statement.get(at)).map_or(start, |token| token.start);
    if let Some(without) = insert.columns.get(values).filter(|_| columns > values) {
        let message =
            format!("{columns} columns, but {values} values ({without} has none): add {}", one(columns - values));
        findings.error(place, message);
    } else if columns > 0 && values > columns {
        let message =
            format!("{values} values, but {columns} columns: remove {}, or name more columns", one(values - columns));
        findings.error(place, message);
    }
}
