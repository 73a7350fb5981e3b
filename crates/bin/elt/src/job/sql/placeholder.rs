//! psycopg's placeholders: `%s`, `%b` and `%t` take a value, `%%` is a `%`.
//!
//! As in psycopg a placeholder counts wherever it stands, in quotes too; there it is an error, since PostgreSQL gets the
//! text `$1` and no value. Unlike psycopg, comments do not count, and a lone `%` is taken as it is, with a warning.

use crate::job::{
    problem::Findings,
    sql::token::{Kind, Token, is_name_char, placeholder_len},
    text::{Pieces, Source, Template},
};

/// Which numbers placeholders get.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// All are `$1`.
    Repeated,
    /// `$1`, `$2` and so on.
    Counted,
}

/// The text as PostgreSQL gets it, of tokens read with placeholders.
pub(crate) fn template(source: &Source, tokens: &[Token<'_>], numbering: Numbering) -> Template {
    let mut pieces = Pieces::new(source);
    let mut placeholders = 0;
    for token in tokens {
        if token.kind == Kind::Placeholder {
            placeholders += 1;
            let number = if numbering == Numbering::Repeated { 1 } else { placeholders };
            // After a letter or digit `$1` would be a part of it.
            let space = if pieces.sql().ends_with(is_name_char) { " " } else { "" };
            pieces.push(token.start, &format!("{space}${number}"));
        } else {
            pieces.push(token.start, &resolve(token));
        }
    }
    Template::of(pieces, placeholders)
}

/// A token as PostgreSQL gets it: `%%` is `%`, except in comments.
pub(crate) fn resolve(token: &Token<'_>) -> String {
    if may_have_percent(token) { token.text.replace("%%", "%") } else { token.text.to_owned() }
}

/// How many placeholders there are.
pub(crate) fn count(tokens: &[Token<'_>]) -> usize {
    tokens.iter().filter(|token| token.kind == Kind::Placeholder).count()
}

/// Finds placeholders that psycopg takes otherwise than they look, and lone `%`.
pub(crate) fn check(tokens: &[Token<'_>], findings: &mut Findings) {
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::NamedPlaceholder => findings.error(token.start, format!("{}: write %s, without a name", token.text)),
            Kind::Placeholder => check_end(token, tokens.get(at + 1), findings),
            Kind::Operator if has_lone_percent(token.text) => findings.warning(token.start, LONE),
            _ if is_quoted(token) => check_quoted(token, findings),
            _ => {}
        }
    }
}

const LONE: &str = "a single % is taken as it is, psycopg refuses it: write %%";

/// `%status` is a placeholder and `tatus`, or the remainder of a division by `status`: nobody can know.
fn check_end(token: &Token<'_>, next: Option<&Token<'_>>, findings: &mut Findings) {
    if let Some(next) = next.filter(|next| next.text.starts_with(is_name_char)) {
        let after: String = next.text.chars().take(64).collect();
        let letter = token.text.trim_start_matches('%');
        let message = format!(
            "{}{after} begins with a placeholder: write a space after {}, or %% {letter}{after} for the operator",
            token.text, token.text
        );
        findings.error(token.start, message);
    }
}

fn check_quoted(token: &Token<'_>, findings: &mut Findings) {
    let mut at = 0;
    while let Some(next) = token.text.get(at..).and_then(|rest| rest.find('%')) {
        let start = at + next;
        let rest = token.text.get(start..).unwrap_or_default();
        let place = token.start + start;
        at = start + if rest.starts_with("%%") { 2 } else { 1 };
        match placeholder_len(rest) {
            Some(len) => findings.error(place, quoted_message(rest.get(..len).unwrap_or(rest))),
            None if !rest.starts_with("%%") => findings.warning(place, LONE),
            None => {}
        }
    }
}

fn quoted_message(placeholder: &str) -> String {
    format!(
        "{placeholder} in quotes is text to PostgreSQL, not a value: remove the quotes, or write %{placeholder} for the text {placeholder}"
    )
}

fn has_lone_percent(operator: &str) -> bool {
    operator.replace("%%", "").contains('%')
}

const fn is_quoted(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::String | Kind::DollarString | Kind::QuotedName | Kind::UnicodeName)
}

const fn may_have_percent(token: &Token<'_>) -> bool {
    is_quoted(token) || matches!(token.kind, Kind::Operator)
}
