//! The rewrite of `INSERT … VALUES (list) …` for all rows of a stage table, and the reasons why it cannot be done.

use super::{
    set_based::{ConflictTarget, Part, SetBased, Value},
    sql::name::{TableName, take_name},
    sql::placeholder::{count, resolve},
    sql::statement::{Cursor, beginning, find_word, outside_brackets, split_commas, starts_with},
    sql::token::{Kind, Token},
};

/// An INSERT taken apart, or the reason why it is not. `whole` has all tokens of the statement, `statement` the significant ones.
pub(crate) fn rewrite(whole: &[Token<'_>], statement: &[Token<'_>]) -> Result<SetBased, String> {
    let mut cursor = Cursor::new(statement);
    if !cursor.words(&["INSERT", "INTO"]) {
        return Err(not_an_insert(statement));
    }
    let TableName { schema, table } = cursor.table_name().ok_or("no table name follows INSERT INTO")?;
    let table = TableName { schema: schema.map(resolved), table: resolved(table) };
    let alias = if cursor.words(&["AS"]) { Some(name(&mut cursor).ok_or("no name follows AS")?) } else { None };
    let columns = columns(&mut cursor)?;
    if cursor.words(&["OVERRIDING"]) && !cursor.words(&["SYSTEM", "VALUE"]) && !cursor.words(&["USER", "VALUE"]) {
        return Err("OVERRIDING is followed by neither SYSTEM VALUE nor USER VALUE".to_owned());
    }
    let head = before(whole, &cursor);
    if !cursor.words(&["VALUES"]) {
        return Err("its rows do not come from VALUES".to_owned());
    }
    let list = cursor.group().filter(|list| !list.is_empty()).ok_or("no list follows VALUES")?;
    check_after_list(&cursor)?;
    if count(list) != count(statement) {
        return Err("a placeholder stands outside the list after VALUES".to_owned());
    }
    let tail = from(whole, &cursor);
    let conflict = conflict_target(&mut cursor, whole)?;
    let values = values(whole, list)?;
    let insert = SetBased { head: sql(head), table, alias, columns, values, conflict, tail: sql(tail) };
    if [list, cursor.rest()].iter().any(|tokens| reads_table(tokens, &insert.table.table)) {
        return Err("a subquery reads the table that is written".to_owned());
    }
    if aggregates_placeholder(list) {
        return Err("an aggregate function takes a placeholder".to_owned());
    }
    Ok(insert)
}

/// `ON CONFLICT` is outside all brackets of the statement.
pub(crate) fn has_on_conflict(statement: &[Token<'_>]) -> bool {
    outside_brackets(statement)
        .any(|(at, _)| statement.get(at..).is_some_and(|rest| starts_with(rest, &["ON", "CONFLICT"])))
}

fn not_an_insert(statement: &[Token<'_>]) -> String {
    let word = beginning(statement, 1).to_ascii_uppercase();
    match word.as_str() {
        "WITH" => "it begins with WITH".to_owned(),
        "SELECT" | "CALL" => "it calls a function".to_owned(),
        _ => format!("it is not an INSERT but begins with {word}"),
    }
}

/// The column list, if there is one.
fn columns(cursor: &mut Cursor<'_, '_>) -> Result<Vec<String>, String> {
    let Some(group) = cursor.group() else { return Ok(Vec::new()) };
    if QUERIES.iter().any(|word| starts_with(group, &[word])) {
        return Err("its rows come from a query".to_owned());
    }
    split_commas(group)
        .into_iter()
        .map(|part| whole_name(part).ok_or_else(|| "its column list has more than names".to_owned()))
        .collect()
}

/// The name that these tokens are, if they are nothing else.
fn whole_name(tokens: &[Token<'_>]) -> Option<String> {
    let mut cursor = Cursor::new(tokens);
    name(&mut cursor).filter(|_| cursor.rest().is_empty())
}

/// A name as PostgreSQL gets it.
fn name(cursor: &mut Cursor<'_, '_>) -> Option<String> {
    cursor.name().map(resolved)
}

/// A name as PostgreSQL gets it: `%%` is `%`, as in all of the text.
fn resolved(name: String) -> String {
    if name.contains("%%") { name.replace("%%", "%") } else { name }
}

fn check_after_list(cursor: &Cursor<'_, '_>) -> Result<(), String> {
    let rest = cursor.rest();
    if rest.first().is_some_and(|token| token.is(",")) {
        return Err("VALUES has several rows".to_owned());
    }
    if find_word(rest, "RETURNING").is_some() {
        return Err("it returns rows (RETURNING)".to_owned());
    }
    if starts_with(rest, &["ON", "CONFLICT"]) { Ok(()) } else { Err("no ON CONFLICT follows the list".to_owned()) }
}

/// Takes `ON CONFLICT` with what it names.
fn conflict_target(cursor: &mut Cursor<'_, '_>, whole: &[Token<'_>]) -> Result<Option<ConflictTarget>, String> {
    cursor.words(&["ON", "CONFLICT"]);
    if cursor.words(&["ON", "CONSTRAINT"]) {
        let name = name(cursor).ok_or("no name follows ON CONSTRAINT")?;
        return Ok(Some(ConflictTarget::Constraint(name)));
    }
    let target = cursor.rest();
    let Some(group) = cursor.group() else { return Ok(None) };
    let end = find_word(cursor.rest(), "DO").ok_or("no DO follows ON CONFLICT")?;
    let predicate = cursor.words(&["WHERE"]).then(|| cursor.rest().get(..end - 1).unwrap_or_default());
    let text = |tokens: &[Token<'_>]| sql(stretch(whole, tokens));
    Ok(Some(match split_commas(group).into_iter().map(whole_name).collect::<Option<Vec<_>>>() {
        Some(names) => ConflictTarget::Columns { names, predicate: predicate.map(text) },
        None => {
            let len = target.len() - cursor.rest().len() + predicate.map_or(0, <[_]>::len);
            ConflictTarget::Expressions(text(target.get(..len).unwrap_or_default()))
        }
    }))
}

fn values(whole: &[Token<'_>], list: &[Token<'_>]) -> Result<Vec<Value>, String> {
    let mut index = 0;
    split_commas(list)
        .into_iter()
        .map(|tokens| match tokens {
            [] => Err("the list after VALUES has an empty place".to_owned()),
            [one] if one.is_word("DEFAULT") => Err("the list after VALUES has DEFAULT".to_owned()),
            _ => Ok(value(stretch(whole, tokens), &mut index)),
        })
        .collect()
}

/// One value; `index` is that of its first placeholder, and then of the one after its last.
fn value(tokens: &[Token<'_>], index: &mut usize) -> Value {
    let bare = matches!(tokens, [token] if token.kind == Kind::Placeholder).then_some(*index);
    let mut parts = Vec::new();
    for run in tokens.chunk_by(|one, next| one.kind != Kind::Placeholder && next.kind != Kind::Placeholder) {
        if matches!(run, [token] if token.kind == Kind::Placeholder) {
            parts.push(Part::Placeholder(*index));
            *index += 1;
        } else {
            parts.push(Part::Sql(run.iter().map(text).collect()));
        }
    }
    Value { parts, bare }
}

/// A subquery among these tokens names the table, other than to qualify a column. Row by row it would see the rows
/// written before; all at once it does not.
fn reads_table(tokens: &[Token<'_>], table: &str) -> bool {
    let opens = |at: usize| QUERIES.iter().any(|word| tokens.get(at + 1).is_some_and(|next| next.is_word(word)));
    let qualifies = |at: usize| tokens.get(at + 1).is_some_and(|next| next.is("."));
    inside(tokens, opens).any(|(at, token)| {
        let named = matches!(token.kind, Kind::Name | Kind::QuotedName | Kind::UnicodeName);
        named
            && !qualifies(at)
            && take_name(std::slice::from_ref(token)).is_some_and(|(name, _)| resolved(name) == table)
    })
}

/// An aggregate takes a placeholder, in a subquery. Over nothing but columns of the stage it would be one of the outer
/// query and make one row of all.
fn aggregates_placeholder(tokens: &[Token<'_>]) -> bool {
    let opens = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        before.is_some_and(|function| AGGREGATES.iter().any(|name| function.is_word(name)))
    };
    inside(tokens, opens).any(|(_, token)| token.kind == Kind::Placeholder)
}

const QUERIES: [&str; 4] = ["SELECT", "WITH", "VALUES", "TABLE"];

const AGGREGATES: [&str; 12] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "bool_and",
    "bool_or",
    "every",
];

/// The tokens, with their indexes, that are somewhere inside a bracket for whose index `opens` is true.
fn inside<'t, 'a>(
    tokens: &'t [Token<'a>],
    opens: impl Fn(usize) -> bool,
) -> impl Iterator<Item = (usize, &'t Token<'a>)> {
    let mut brackets: Vec<bool> = Vec::new();
    tokens.iter().enumerate().filter(move |(at, token)| {
        let within = brackets.last().copied().unwrap_or(false);
        if token.is("(") {
            brackets.push(within || opens(*at));
        } else if token.is(")") {
            brackets.pop();
        }
        within
    })
}

/// All tokens before the place of a cursor.
fn before<'t, 'a>(whole: &'t [Token<'a>], cursor: &Cursor<'_, 'a>) -> &'t [Token<'a>] {
    whole.get(..index(whole, cursor)).unwrap_or_default()
}

/// All tokens from the place of a cursor on.
fn from<'t, 'a>(whole: &'t [Token<'a>], cursor: &Cursor<'_, 'a>) -> &'t [Token<'a>] {
    whole.get(index(whole, cursor)..).unwrap_or_default()
}

fn index(whole: &[Token<'_>], cursor: &Cursor<'_, '_>) -> usize {
    let start = cursor.rest().first().map_or(usize::MAX, |token| token.start);
    whole.partition_point(|token| token.start < start)
}

/// All tokens from the first to the last of some significant ones.
fn stretch<'t, 'a>(whole: &'t [Token<'a>], significant: &[Token<'_>]) -> &'t [Token<'a>] {
    let (Some(first), Some(last)) = (significant.first(), significant.last()) else { return &[] };
    let start = whole.partition_point(|token| token.start < first.start);
    whole.get(start..whole.partition_point(|token| token.start <= last.start)).unwrap_or_default()
}

/// Tokens as SQL without comments and without spaces around.
fn sql(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(text).collect::<String>().trim().to_owned()
}

fn text(token: &Token<'_>) -> String {
    if matches!(token.kind, Kind::LineComment | Kind::BlockComment) { " ".to_owned() } else { resolve(token) }
}
