//! Checks of any SQL text that need no grammar: open quotes, brackets, comments, characters that look like others.

use crate::job::{
    problem::Findings,
    sql::token::{Kind, Token},
    text::Source,
};

/// Checks the tokens of a text. `placeholder` says how a value is written there.
pub(crate) fn check(source: &Source, tokens: &[Token<'_>], findings: &mut Findings, parameters: Parameters) {
    for token in tokens {
        check_closed(token, findings);
        check_comment(source, token, findings);
        check_characters(token, findings);
        if token.kind == Kind::Param {
            findings.error(token.start, format!("{} {}", token.text, parameters.remedy()));
        }
    }
    if let Some(at) = source.text.find('\0') {
        findings.error(at, "the text has a NUL character, which PostgreSQL refuses: remove it");
    }
    if tokens.iter().any(|token| !token.closed) {
        return findings.close();
    }
    check_brackets(tokens, findings);
}

/// How a text takes values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameters {
    /// It takes none.
    None,
    /// As `%s`.
    Placeholders,
}

impl Parameters {
    const fn remedy(self) -> &'static str {
        match self {
            Self::None => "has no value here: remove it",
            Self::Placeholders => "is not a placeholder in job files: write %s",
        }
    }
}

fn check_closed(token: &Token<'_>, findings: &mut Findings) {
    let what = match token.kind {
        _ if token.closed => return,
        Kind::BlockComment => "the comment that begins here with /* is never closed: add */",
        Kind::QuotedName | Kind::UnicodeName => "the name that begins here is never closed: add a double quote",
        Kind::DollarString => "the dollar-quoted string that begins here is never closed: repeat its $…$",
        _ => "the string that begins here is never closed: add a quote (a quote inside a string is written twice)",
    };
    findings.error(token.start, what);
}

/// YAML joins the lines of a folded scalar, and `--` then hides the rest of the SQL.
fn check_comment(source: &Source, token: &Token<'_>, findings: &mut Findings) {
    let last = token.end().saturating_sub(1);
    if token.kind == Kind::LineComment && source.lines.at(token.start) < source.lines.at(last) {
        findings.error(
            token.start,
            "the comment after -- covers the next lines too, because YAML joins them: write the text as a block (KEY: |)",
        );
    }
}

/// Characters that word processors and web pages put in place of spaces and quotes. PostgreSQL reads them as letters.
fn check_characters(token: &Token<'_>, findings: &mut Findings) {
    let strange =
        |c: char| !c.is_ascii() && (c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '‘' | '’' | '“' | '”'));
    if token.kind != Kind::Name {
        return;
    }
    if let Some((at, c)) = token.text.char_indices().find(|&(_, c)| strange(c)) {
        let instead = if matches!(c, '‘' | '’' | '“' | '”') { "quote" } else { "space" };
        let message =
            format!("the character U+{:04X} is a letter to PostgreSQL: type a {instead} instead", u32::from(c));
        findings.error(token.start + at, message);
    }
}

fn check_brackets(tokens: &[Token<'_>], findings: &mut Findings) {
    let mut open: Vec<&Token<'_>> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Symbol) {
        match token.text {
            "(" | "[" => open.push(token),
            ")" | "]" if open.pop().is_none_or(|opening| (opening.text == "(") != (token.text == ")")) => {
                return findings
                    .error(token.start, format!("`{}` closes nothing: remove it, or open it before", token.text));
            }
            _ => {}
        }
    }
    if let Some(opening) = open.last() {
        findings.error(opening.start, format!("`{}` is never closed: close it", opening.text));
    }
}
