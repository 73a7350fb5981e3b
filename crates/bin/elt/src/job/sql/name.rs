//! Names of tables and columns as SQL reads them, and their quoting.

use std::fmt;

use super::token::{Kind, Token, tokens};

/// `[schema.]table` as SQL reads it: unquoted names are lower case. Printed quoted, ready for SQL: `"public"."Users"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema, if one is given. `None`: the first of `search_path` that has the table.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
}

impl TableName {
    /// Reads a name as SQL does: `Users` is `users`, `"Users"` is `Users`.
    ///
    /// # Errors
    ///
    /// A sentence that says why it is no name, and how to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match take_table_name(&significant(text)) {
            Some((name, [])) => Ok(name),
            _ => Err(no_name(text)),
        }
    }

    /// The name for messages and logs: `public.users`. Parts that are not lower case letters, digits and `_` are quoted.
    #[must_use]
    pub fn plain(&self) -> String {
        let parts: Vec<String> = self.schema.iter().chain([&self.table]).map(|part| quote_if_needed(part)).collect();
        parts.join(".")
    }

    /// A quoted name for people, without quotation marks that are not needed.
    #[must_use]
    pub fn shown(quoted: &str) -> String {
        Self::parse(quoted).map_or_else(|_| quoted.to_owned(), |name| name.plain())
    }

    /// Both may be the same table: the names are equal, and so are the schemas if both are given.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let same_schema = match (&self.schema, &other.schema) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        same_schema && self.table == other.table
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote(schema))?;
        }
        f.write_str(&quote(&self.table))
    }
}

/// A name in double quotes, ready for SQL.
#[must_use]
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quote_if_needed(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(plain) { name.to_owned() } else { quote(name) }
}

/// The name of a column as SQL reads it.
pub(crate) fn column_name(text: &str) -> Result<String, String> {
    match take_name(&significant(text)) {
        Some((name, [])) => Ok(name),
        _ if text.contains(',') => Err(format!("`{}` is not one column: write a list, [{0}]", shown(text))),
        _ => Err(no_name(text)),
    }
}

/// The name at the beginning of significant tokens, and the tokens after it.
pub(crate) fn take_name<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(String, &'t [Token<'a>])> {
    let (first, rest) = tokens.split_first()?;
    let name = match first.kind {
        Kind::Name => first.text.to_ascii_lowercase(),
        Kind::QuotedName if first.closed => unquoted(first.text.strip_prefix('"')?)?,
        Kind::UnicodeName if first.closed => {
            let escaped = unquoted(first.text.get(3..)?)?;
            return match rest {
                [word, escape, rest @ ..] if word.is_word("UESCAPE") => {
                    Some((cut(unescaped(&escaped, escape.text.chars().nth(1)?)?), rest))
                }
                _ => Some((cut(unescaped(&escaped, '\\')?), rest)),
            };
        }
        _ => return None,
    };
    (!name.is_empty()).then(|| (cut(name), rest))
}

/// `[schema.]table` at the beginning of significant tokens, and the tokens after it.
pub(crate) fn take_table_name<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(TableName, &'t [Token<'a>])> {
    let (first, rest) = take_name(tokens)?;
    match rest {
        [dot, rest @ ..] if dot.is(".") => {
            let (table, rest) = take_name(rest)?;
            Some((TableName { schema: Some(first), table }, rest))
        }
        _ => Some((TableName { schema: None, table: first }, rest)),
    }
}

fn significant(text: &str) -> Vec<Token<'_>> {
    tokens(text).into_iter().filter(Token::is_significant).collect()
}

/// What is left of `…"` without its quote and with `""` as `"`.
fn unquoted(text: &str) -> Option<String> {
    text.strip_suffix('"').map(|inner| inner.replace("\"\"", "\""))
}

/// `\0441` and `\+01F600` as the characters they stand for.
fn unescaped(text: &str, escape: char) -> Option<String> {
    let mut name = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..)?;
        if c != escape {
            name.push(c);
        } else if let Some(after) = rest.strip_prefix(escape) {
            name.push(escape);
            rest = after;
        } else {
            let (hex, digits) = rest.strip_prefix('+').map_or((rest, 4), |hex| (hex, 6));
            name.push(u32::from_str_radix(hex.get(..digits)?, 16).ok().and_then(char::from_u32)?);
            rest = hex.get(digits..)?;
        }
    }
    (!name.is_empty()).then_some(name)
}

/// The longest name PostgreSQL keeps, in bytes (NAMEDATALEN - 1).
const LONGEST: usize = 63;

/// A name cut as PostgreSQL cuts it.
fn cut(mut name: String) -> String {
    if name.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
        name.truncate(end);
    }
    name
}

fn no_name(text: &str) -> String {
    if text.trim().is_empty() {
        return "the name is empty: write one".to_owned();
    }
    format!(
        "`{}` is not a name in SQL: write letters, digits and _, or the name in double quotes ('\"{0}\"')",
        shown(text)
    )
}

/// As much of a text as a message quotes.
fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
