//! Tokenizer of PostgreSQL's lexical structure (`scan.l`), and of psycopg's placeholders in it.
//!
//! Every input has tokens, and these put together are the input again. Quotes and comments that are never closed reach to
//! the end and are marked so.

mod scan;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Blanks, tabs, line breaks.
    Space,
    /// `-- …` without its line break.
    LineComment,
    /// `/* … */`, nested ones included.
    BlockComment,
    /// A key word or a name without quotes.
    Name,
    /// `"Name"`.
    QuotedName,
    /// `U&"Name"`.
    UnicodeName,
    /// `'…'`, with its prefix (`E`, `U&`, `B`, `X`, `N`). A string that goes on after a line break has a token per piece.
    String,
    /// `$tag$ … $tag$`.
    DollarString,
    /// A number.
    Number,
    /// `$1`.
    Param,
    /// `%s`, `%b`, `%t`.
    Placeholder,
    /// `%(name)s`.
    NamedPlaceholder,
    /// An operator of one or more characters. Where placeholders are read, a `%` of it is written `%%`.
    Operator,
    /// Any other character: brackets, comma, semicolon, dot, colon.
    Symbol,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// The input from `start` on.
    pub text: &'a str,
    /// The byte of the input at which it begins.
    pub start: usize,
    /// False: the quote or comment is never closed, and the token reaches to the end of the input.
    pub closed: bool,
}

/// The tokens of SQL in which a `%` is a `%`.
#[must_use]
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    Lexer::new(sql, false).collect()
}

/// The tokens of SQL in which `%s`, `%b` and `%t` are placeholders and `%%` is a `%`.
#[must_use]
pub fn tokens_with_placeholders(sql: &str) -> Vec<Token<'_>> {
    Lexer::new(sql, true).collect()
}

/// The bytes of the placeholder at the beginning of `text`: `%s`, `%(name)s`. `%%` begins none.
pub(crate) fn placeholder_len(text: &str) -> Option<usize> {
    scan::placeholder(text).map(|scanned| scanned.len)
}

/// A character that may stand in a name without quotes, after its first.
pub(crate) fn is_name_char(c: char) -> bool {
    scan::is_name(c)
}

impl Token<'_> {
    /// The byte after the token.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The token is this symbol or operator.
    #[must_use]
    pub fn is(&self, symbol: &str) -> bool {
        matches!(self.kind, Kind::Symbol | Kind::Operator) && self.text == symbol
    }

    /// The token is this key word (in any case), without quotes.
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text.eq_ignore_ascii_case(word)
    }

    /// The token is neither space nor comment.
    #[must_use]
    pub const fn is_significant(&self) -> bool {
        !matches!(self.kind, Kind::Space | Kind::LineComment | Kind::BlockComment)
    }
}

struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    placeholders: bool,
    /// After a string: whether a backslash escapes in it, and whether a line break has followed. A quote after a line
    /// break goes on with the string in the same way.
    after_string: Option<(bool, bool)>,
}

impl<'a> Lexer<'a> {
    const fn new(sql: &'a str, placeholders: bool) -> Self {
        Self { sql, at: 0, placeholders, after_string: None }
    }

    fn remember_string(&mut self, token: &Token<'_>, escapes: bool) {
        self.after_string = match token.kind {
            Kind::String => Some((escapes, false)),
            Kind::Space => self.after_string.map(|(e, broken)| (e, broken || token.text.contains(['\n', '\r']))),
            Kind::LineComment => self.after_string,
            _ => None,
        };
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.sql.get(self.at..).filter(|rest| !rest.is_empty())?;
        let escapes = match self.after_string {
            Some((escapes, true)) if rest.starts_with('\'') => escapes,
            _ => scan::has_escapes(rest),
        };
        let scan::Scanned { kind, len, closed } = scan::first(rest, escapes, self.placeholders);
        let token = Token { kind, text: rest.get(..len).unwrap_or(rest), start: self.at, closed };
        self.remember_string(&token, escapes);
        self.at = token.end();
        Some(token)
    }
}
