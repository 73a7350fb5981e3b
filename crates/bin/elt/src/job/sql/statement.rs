//! Statements of a text: their significant tokens, key words and brackets.

use super::{
    name::{TableName, take_name, take_table_name},
    token::{Kind, Token},
};

/// The statements of a text: what stands between semicolons, without spaces and comments. No statement is empty.
pub(crate) fn statements<'a>(tokens: &[Token<'a>]) -> Vec<Vec<Token<'a>>> {
    tokens
        .split(|token| token.is(";"))
        .map(|statement| statement.iter().copied().filter(Token::is_significant).collect::<Vec<_>>())
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// The tokens of a statement of a text with the spaces and comments before and in it.
pub(crate) fn whole<'t, 'a>(tokens: &'t [Token<'a>], statement: &[Token<'_>]) -> &'t [Token<'a>] {
    let last = statement.last().map_or(0, |last| last.start);
    let end = tokens.partition_point(|token| token.start <= last);
    let up_to = tokens.get(..end).unwrap_or_default();
    let begin = up_to.iter().rposition(|token| token.is(";")).map_or(0, |semicolon| semicolon + 1);
    up_to.get(begin..).unwrap_or_default()
}

/// The tokens outside all brackets, with their indexes.
pub(crate) fn outside_brackets<'t, 'a>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = (usize, &'t Token<'a>)> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter(move |(_, token)| {
        let closes = token.is(")") || token.is("]");
        let opens = token.is("(") || token.is("[");
        let outside = depth == 0 && !opens;
        depth = if opens { depth + 1 } else { depth.saturating_sub(usize::from(closes)) };
        outside && !closes
    })
}

/// The index of the first token, outside all brackets, that is this key word. Names after AS or a dot are none.
pub(crate) fn find_word(tokens: &[Token<'_>], word: &str) -> Option<usize> {
    outside_brackets(tokens).find(|&(at, token)| token.is_word(word) && !is_label(tokens, at)).map(|(at, _)| at)
}

/// The token at `at` is a name because of the token before it: `AS into`, `t.into`.
pub(crate) fn is_label(tokens: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|t| t.is(".") || t.is_word("AS"))
}

/// The tokens begin with these key words.
pub(crate) fn starts_with(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len() && words.iter().zip(tokens).all(|(word, token)| token.is_word(word))
}

/// The first tokens as messages quote them: `CREATE TABLE users`.
pub(crate) fn beginning(tokens: &[Token<'_>], count: usize) -> String {
    let words: Vec<&str> =
        tokens.iter().take(count).take_while(|t| t.kind == Kind::Name).map(|token| token.text).collect();
    let shown =
        if words.is_empty() { tokens.first().map_or("", |token| token.text).to_owned() } else { words.join(" ") };
    shown.chars().take(64).collect()
}

/// The parts between commas outside all brackets. Of no tokens: no part.
pub(crate) fn split_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in outside_brackets(tokens).filter(|(_, token)| token.is(",")) {
        parts.push(tokens.get(from..at).unwrap_or_default());
        from = at + 1;
    }
    if !tokens.is_empty() {
        parts.push(tokens.get(from..).unwrap_or_default());
    }
    parts
}

/// A place among significant tokens, which moves on over what it takes.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'t, 'a> {
    rest: &'t [Token<'a>],
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(crate) const fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { rest: tokens }
    }

    pub(crate) const fn rest(&self) -> &'t [Token<'a>] {
        self.rest
    }

    /// Takes these key words if they come next.
    pub(crate) fn words(&mut self, words: &[&str]) -> bool {
        let here = starts_with(self.rest, words);
        if here {
            self.rest = self.rest.get(words.len()..).unwrap_or_default();
        }
        here
    }

    pub(crate) fn name(&mut self) -> Option<String> {
        let (name, rest) = take_name(self.rest)?;
        self.rest = rest;
        Some(name)
    }

    pub(crate) fn table_name(&mut self) -> Option<TableName> {
        let (name, rest) = take_table_name(self.rest)?;
        self.rest = rest;
        Some(name)
    }

    /// Takes `( … )` and returns what is inside.
    pub(crate) fn group(&mut self) -> Option<&'t [Token<'a>]> {
        self.rest.first().filter(|token| token.is("("))?;
        let close = closing(self.rest)?;
        let inside = self.rest.get(1..close);
        self.rest = self.rest.get(close + 1..).unwrap_or_default();
        inside
    }
}

/// The index of the bracket that closes the one at index 0.
fn closing(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        depth += usize::from(token.is("(") || token.is("["));
        depth -= usize::from(depth > 0 && (token.is(")") || token.is("]")));
        depth == 0
    })
}
