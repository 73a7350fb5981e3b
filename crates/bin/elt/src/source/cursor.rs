//! The cursor of SELECT_SOURCE_SQL: the column compared with the watermark, and the watermark put into the text.

use crate::job::sql::token::{Kind, Token, tokens};

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
        [sign, after @ ..] if (sign.is("<") || sign.is("<=")) && begins_comparison(before) => column_before_end(after),
        _ => None,
    }
}

/// Words before a comparison that is a condition of its own. After others, as after NOT or in the arguments of a function,
/// rows are not the ones whose column is greater.
const BEFORE: [&str; 5] = ["where", "and", "or", "on", "having"];

/// Words after a comparison.
const AFTER: [&str; 13] = [
    "and",
    "or",
    "group",
    "having",
    "window",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "union",
    "intersect",
    "except",
];

/// A comparison may begin after these tokens.
fn begins_comparison(before: &[Token<'_>]) -> bool {
    let outside = before.iter().rev().find(|token| !token.is("("));
    outside.is_some_and(|token| BEFORE.iter().any(|word| token.is_word(word)))
}

/// `a.b.c` at the end of `tokens`, if a comparison begins with it: what stands before may make it part of an expression
/// (`a + b`), or no column at all (`u::date`, `u COLLATE "C"`, `u AT TIME ZONE tz`).
fn column_at_end(tokens: &[Token<'_>]) -> Option<String> {
    let mut start = tokens.len().checked_sub(1)?;
    while start >= 2 && tokens[start - 1].is(".") && is_name(&tokens[start - 2]) {
        start -= 2;
    }
    if begins_comparison(&tokens[..start]) { column(&tokens[start..]) } else { None }
}

/// `a.b.c` at the start of `tokens`, if a comparison ends with it.
fn column_before_end(tokens: &[Token<'_>]) -> Option<String> {
    let (names, rest) = names(tokens)?;
    let ends = rest.first().is_none_or(|next| next.is(")") || AFTER.iter().any(|word| next.is_word(word)));
    if ends { column(names) } else { None }
}

/// `a.b.c` of an item of a select list that selects it as it is, under whatever name.
fn selected(item: &[Token<'_>]) -> Option<String> {
    let (names, rest) = names(item)?;
    match rest {
        [] => column(names),
        [alias] if is_name(alias) => column(names),
        [word, alias] if word.is_word("as") && is_name(alias) => column(names),
        _ => None,
    }
}

/// The tokens of `a.b.c` at the start, and those after it.
fn names<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(&'t [Token<'a>], &'t [Token<'a>])> {
    let mut end = 1;
    while tokens.get(end).is_some_and(|token| token.is(".")) && tokens.get(end + 1).is_some_and(is_name) {
        end += 2;
    }
    tokens.split_at_checked(end)
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
        let names = selected(item);
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
            ("SELECT a FROM t WHERE u::date > $1", None),
            ("SELECT a FROM t WHERE CAST(u AS date) > $1", None),
            ("SELECT a FROM t WHERE u COLLATE \"C\" > $1", None),
            ("SELECT a FROM t WHERE u AT TIME ZONE tz > $1", None),
            ("SELECT a FROM t WHERE $1 < u AT TIME ZONE tz", None),
            ("SELECT a FROM t WHERE $1 < u COLLATE \"C\" AND a", None),
            ("SELECT a FROM t WHERE $1 < u::date", None),
            ("SELECT a FROM t WHERE $1 < u + v", None),
            ("SELECT a FROM t WHERE NOT u > $1", None),
            ("SELECT a FROM t WHERE NOT (u > $1)", None),
            ("SELECT a FROM t WHERE coalesce(u > $1, true)", None),
            ("SELECT a FROM t WHERE CASE WHEN u > $1 THEN a END", None),
            ("SELECT a FROM t WHERE INTERVAL '1h' + $1 < u", None),
            ("SELECT a FROM t JOIN s ON s.id = t.id AND ((s.u > $1)) ORDER BY a", Some("s.u")),
            ("SELECT a FROM t WHERE $1 < u ORDER BY a", Some("u")),
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
        for item in ["u::date", "u AT TIME ZONE tz", "u COLLATE \"C\"", "u + v", "u AS w, u AT TIME ZONE tz"] {
            let expected = if item.starts_with("u AS") { Place::Item(0) } else { Place::Absent };
            assert_eq!(find(&format!("SELECT {item} FROM t WHERE u > $1")).unwrap().place, expected, "{item}");
        }
        assert_eq!(find("SELECT a, u w FROM t WHERE u > $1").unwrap().place, Place::Item(1));
    }
}
