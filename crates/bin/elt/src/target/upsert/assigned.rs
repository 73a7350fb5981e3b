//! What ON CONFLICT … DO UPDATE assigns, as far as it is `column = EXCLUDED.column`. Pure.

use crate::job::sql::token::{Kind, Token, tokens};

/// The columns that DO UPDATE takes over from the new row; `None` if it does anything else. If A holds the values of these
/// columns, the upsert would change nothing, although other columns of the list may differ: `created_at` often stays out.
pub(crate) fn taken_over(tail: &str) -> Option<Vec<String>> {
    let tokens: Vec<Token<'_>> = tokens(tail).into_iter().filter(Token::is_significant).collect();
    let set = tokens
        .windows(3)
        .position(|three| three[0].is_word("do") && three[1].is_word("update") && three[2].is_word("set"))?;
    let mut rest = tokens.get(set + 3..)?;
    let mut columns = Vec::new();
    loop {
        let [column, equals, excluded, dot, same, after @ ..] = rest else { return None };
        let taken_over = equals.is("=") && excluded.is_word("excluded") && dot.is(".") && name(column) == name(same);
        columns.push(name(column).filter(|_| taken_over)?);
        match after {
            [] => return Some(columns),
            [next, ..] if next.is_word("where") => return Some(columns),
            [comma, after @ ..] if comma.is(",") => rest = after,
            _ => return None,
        }
    }
}

fn name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Name => Some(token.text.to_lowercase()),
        Kind::QuotedName => Some(token.text.trim_matches('"').replace("\"\"", "\"")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::taken_over;

    #[test]
    fn columns_that_do_update_sets_from_excluded_are_found() {
        let of = |set: &str| taken_over(&format!("ON CONFLICT (id) DO UPDATE SET {set}"));
        let columns = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("a = EXCLUDED.a, \"B\"=excluded.\"B\""), columns(&["a", "B"]));
        assert_eq!(of("A = EXCLUDED.a WHERE t.a < EXCLUDED.a"), columns(&["a"]));
        for other in
            ["a = EXCLUDED.b", "a = EXCLUDED.a + 1", "a = t.a", "(a, b) = (EXCLUDED.a, EXCLUDED.b)", "a = now()"]
        {
            assert_eq!(of(other), None, "{other}");
            assert_eq!(of(&format!("c = EXCLUDED.c, {other}")), None, "{other}");
        }
        assert_eq!(taken_over("ON CONFLICT DO NOTHING"), None);
    }
}
