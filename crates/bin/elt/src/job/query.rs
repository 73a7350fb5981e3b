//! The rules of the two queries for M, SELECT_SOURCE_SQL and SELECT_KEYS_SQL: one query that changes nothing.

use super::{
    problem::Findings,
    sql::lexical::{self, Parameters},
    sql::placeholder::{self, Numbering},
    sql::statement::{beginning, find_word, is_label, starts_with, statements, whole},
    sql::token::{Kind, Token, tokens, tokens_with_placeholders},
    text::{Source, Template, Text},
};

/// Checks SELECT_SOURCE_SQL.
pub(crate) fn read_source(source: &Source, findings: &mut Findings) -> Template {
    let tokens = tokens_with_placeholders(&source.text);
    lexical::check(source, &tokens, findings, Parameters::Placeholders);
    placeholder::check(&tokens, findings);
    let query = check_query(&tokens, findings);
    let template = placeholder::template(source, query, Numbering::Repeated);
    if template.placeholders == 0 {
        findings.warning(
            0,
            "there is no %s, so each cycle reads the whole table: compare a time column with %s (WHERE updated_at > %s)",
        );
    }
    template
}

/// Checks SELECT_KEYS_SQL.
pub(crate) fn read_keys(source: &Source, findings: &mut Findings) -> Text {
    let tokens = tokens(&source.text);
    lexical::check(source, &tokens, findings, Parameters::None);
    check_no_placeholder(&source.text, findings);
    let query = check_query(&tokens, findings);
    Text::part(source, query.first().map_or(0, |first| first.start), query.last().map_or(0, Token::end))
}

/// Checks that there is one query, and returns its tokens with the spaces and comments before and in it.
fn check_query<'t, 'a>(tokens: &'t [Token<'a>], findings: &mut Findings) -> &'t [Token<'a>] {
    let statements = statements(tokens);
    let Some(query) = statements.first() else {
        findings.error(0, "there is no query: write a SELECT");
        return &[];
    };
    if let Some(second) = statements.get(1).and_then(|second| second.first()) {
        findings.error(second.start, "a second statement begins here: write one query");
    }
    check_start(query, findings);
    check_read_only(query, findings);
    whole(tokens, query)
}

fn check_start(query: &[Token<'_>], findings: &mut Findings) {
    let Some(first) = query.iter().find(|token| !token.is("(")) else { return };
    if !["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| first.is_word(word)) {
        let begins = beginning(query, 2);
        findings.error(first.start, format!("begins with `{begins}`: begin with SELECT (or WITH, VALUES, TABLE)"));
    }
}

/// Finds what changes data though it begins like a query.
fn check_read_only(query: &[Token<'_>], findings: &mut Findings) {
    if let Some(into) = find_word(query, "INTO").and_then(|at| query.get(at)) {
        findings.error(into.start, "SELECT … INTO creates a table in M, which is only read: remove INTO");
    }
    for (at, locks) in query.iter().enumerate().filter(|(_, token)| token.is_word("FOR")) {
        let rest = query.get(at + 1..).unwrap_or_default();
        if [&["UPDATE"][..], &["SHARE"], &["NO", "KEY"], &["KEY", "SHARE"]].iter().any(|words| starts_with(rest, words))
        {
            findings.error(locks.start, "the query locks rows in M, which is only read: remove FOR …");
        }
    }
    for pair in query.windows(3) {
        let [before, bracket, word] = pair else { continue };
        let body = bracket.is("(") && (before.is_word("AS") || before.is_word("MATERIALIZED"));
        if body && ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|change| word.is_word(change)) {
            let word = word.text.to_ascii_uppercase();
            findings.error(bracket.start, format!("{word} in WITH changes data in M, which is only read: remove it"));
        }
    }
}

/// Finds a `%s` where a value would stand. After a value `% s` is the remainder of a division.
fn check_no_placeholder(text: &str, findings: &mut Findings) {
    let tokens: Vec<_> = tokens_with_placeholders(text).into_iter().filter(Token::is_significant).collect();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Placeholder) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let after_value = before.is_some_and(|before| match before.kind {
            Kind::Operator => false,
            Kind::Symbol => before.is(")") || before.is("]"),
            Kind::Name => is_label(&tokens, at) || !is_value_expected_after(before),
            _ => true,
        });
        if !after_value {
            findings.error(token.start, format!("{} takes no value here, all keys are read: remove it", token.text));
        }
    }
}

fn is_value_expected_after(word: &Token<'_>) -> bool {
    ["AND", "OR", "NOT", "WHERE", "SELECT", "IN", "LIKE", "BETWEEN", "LIMIT", "THEN", "ELSE", "WHEN"]
        .iter()
        .any(|keyword| word.is_word(keyword))
}
