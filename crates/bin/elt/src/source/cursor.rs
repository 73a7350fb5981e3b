//! The cursor of SELECT_SOURCE_SQL: the column compared with the watermark, and the watermark put into the text.

use crate::job::token::{Kind, Token, tokens};

/// The column that the query compares with its watermark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The column as written: `o.updated_at`.
    pub(crate) reference: String,
    /// The query that selects nothing else. Its description says which column of which table it is.
    pub(crate) probe: String,
    /// Where the column stands in the select list.
    pub(crate) place: Place,
}

/// Where a column stands in a select list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is this item.
    Item(usize),
    /// The list has a `*`, which may stand for it.
    Star,
    /// Nowhere.
    Absent,
}

/// `sql` with `literal` in place of each `$1`, in brackets.
pub(crate) fn bind(sql: &str, literal: &str) -> String {
    let mut bound = String::with_capacity(sql.len() + literal.len());
    for token in tokens(sql) {
        if token.kind == Kind::Param {
            bound.push('(');
            bound.push_str(literal);
            bound.push(')');
        } else {
            bound.push_str(token.text);
        }
    }
    bound
}

/// The column that stands as it is on the greater side of a comparison with each `$1` of `sql`; `None` if there is no such
/// column, or more than one.
pub(crate) fn find(sql: &str) -> Option<Cursor> {
    let tokens: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_significant).collect();
    let mut references = params(&tokens).map(|at| compared(&tokens, at));
    let reference = references.next()??;
    if references.any(|other| other.as_ref() != Some(&reference)) {
        return None;
    }
    let select = outside(&tokens).find(|(_, token)| token.is_word("select"))?.0;
    let from = outside(&tokens).find(|(at, token)| *at > select && token.is_word("from"))?.0;
    let (before, after) = (sql.get(..tokens.get(select)?.start)?, sql.get(tokens.get(from)?.start..)?);
    let list = tokens.get(select + 1..from)?;
    Some(Cursor { probe: format!("{before}SELECT {reference} {after}"), place: place(list, &reference), reference })
}

fn params(tokens: &[Token<'_>]) -> impl Iterator<Item = usize> {
    tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Param).map(|(at, _)| at)
}

/// The column compared with the parameter at `at`: `column > $1` or `$1 < column`.
fn compared(tokens: &[Token<'_>], at: usize) -> Option<String> {
    let (before, after) = (tokens.get(..at)?, tokens.get(at + 1..)?);
    if let [before @ .., sign] = before
        && (sign.is(">") || sign.is(">="))
    {
        return column_at_end(before);
    }
    match after {
        [sign, after @ ..] if sign.is("<") || sign.is("<=") => column_at_start(after),
        _ => None,
    }
}

/// `a.b.c` at the end of `tokens`, unless an operator before it makes it part of an expression.
fn column_at_end(tokens: &[Token<'_>]) -> Option<String> {
    let mut start = tokens.len().checked_sub(1)?;
    while start >= 2 && tokens[start - 1].is(".") && is_name(&tokens[start - 2]) {
        start -= 2;
    }
    let claimed = start.checked_sub(1).is_some_and(|at| tokens[at].kind == Kind::Operator);
    if claimed { None } else { column(&tokens[start..]) }
}

/// `a.b.c` at the start of `tokens`, unless what follows makes it part of an expression.
fn column_at_start(tokens: &[Token<'_>]) -> Option<String> {
    let mut end = 1;
    while tokens.get(end).is_some_and(|token| token.is(".")) && tokens.get(end + 1).is_some_and(is_name) {
        end += 2;
    }
    let next = tokens.get(end);
    let claimed = next.is_some_and(|token| token.kind == Kind::Operator || token.is("(") || token.is(":"));
    if claimed { None } else { column(tokens.get(..end)?) }
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Name | Kind::QuotedName)
}

/// `a.b.c` as text, folded as SQL reads it.
fn column(tokens: &[Token<'_>]) -> Option<String> {
    let part =
        |token: &Token<'_>| if token.kind == Kind::Name { token.text.to_lowercase() } else { token.text.to_owned() };
    is_name(tokens.first()?).then(|| tokens.iter().map(part).collect())
}

fn outside<'t, 'a>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = (usize, &'t Token<'a>)> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter(move |(_, token)| {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    })
}

/// Where `reference` stands in a select list.
fn place(list: &[Token<'_>], reference: &str) -> Place {
    let mut items: Vec<Vec<Token<'_>>> = vec![Vec::new()];
    let mut ends = outside(list).filter(|(_, token)| token.is(",")).map(|(at, _)| at).peekable();
    for (at, token) in list.iter().enumerate() {
        if ends.next_if_eq(&at).is_some() {
            items.push(Vec::new());
        } else if let Some(item) = items.last_mut() {
            item.push(*token);
        }
    }
    if items.iter().any(|item| item.last().is_some_and(|token| token.is("*"))) {
        return Place::Star;
    }
    let short = reference.rsplit('.').next();
    let is_it = |item: &Vec<Token<'_>>| {
        let names = column_at_start(item);
        let bare = names.as_deref().and_then(|names| names.rsplit('.').next());
        names.is_some() && (names.as_deref() == Some(reference) || names.as_deref() == short || bare == Some(reference))
    };
    items.iter().position(is_it).map_or(Place::Absent, Place::Item)
}

#[cfg(test)]
mod tests {
    use super::{Place, bind, find};

    fn reference(sql: &str) -> Option<String> {
        find(sql).map(|cursor| cursor.reference)
    }

    #[test]
    fn the_watermark_takes_the_place_of_parameters_only() {
        assert_eq!(
            bind("SELECT '$1', $$ $1 $$ /* $1 */ FROM t WHERE u > $1 OR c > $1", "'x'::date"),
            "SELECT '$1', $$ $1 $$ /* $1 */ FROM t WHERE u > ('x'::date) OR c > ('x'::date)"
        );
    }

    #[test]
    fn the_column_compared_with_the_watermark_is_found() {
        for (sql, expected) in [
            ("SELECT a, updated_at FROM t WHERE updated_at > $1", Some("updated_at")),
            ("SELECT a FROM t x WHERE a = 1 AND X.Updated_At >= $1::timestamp", Some("x.updated_at")),
            ("SELECT a FROM t WHERE $1 < t.\"U\" AND a", Some("t.\"U\"")),
            ("SELECT a FROM t WHERE (u > $1 OR u >= $1)", Some("u")),
            ("SELECT a FROM t WHERE u > $1 OR c > $1", None),
            ("SELECT a FROM t WHERE date(u) > $1", None),
            ("SELECT a FROM t WHERE 1 + u > $1", None),
            ("SELECT a FROM t WHERE u < $1", None),
            ("SELECT a FROM t WHERE u = $1", None),
            ("SELECT a FROM t", None),
        ] {
            assert_eq!(reference(sql).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn the_probe_selects_the_column_alone() {
        let cursor = find("WITH q AS (SELECT 1) SELECT a, u FROM t WHERE u > $1").unwrap();
        assert_eq!(cursor.probe, "WITH q AS (SELECT 1) SELECT u FROM t WHERE u > $1");
        assert_eq!(cursor.place, Place::Item(1));
        assert_eq!(find("SELECT * FROM t WHERE u > $1").unwrap().place, Place::Star);
        assert_eq!(find("SELECT coalesce(u, v), t.u AS w FROM t WHERE t.u > $1").unwrap().place, Place::Item(1));
        assert_eq!(find("SELECT a FROM t WHERE t.u > $1").unwrap().place, Place::Absent);
    }
}
