//! SELECT_SOURCE_SQL restricted to a list of keys. Pure.

use crate::{job::quote, source::query};

/// Restricts SELECT_SOURCE_SQL to keys with one pattern of NULLs. `places`: the column of the query for each key.
/// `values`: a list of texts for each key; empty where the key is NULL.
pub(crate) fn restrict(columns_of: &[query::Column], places: &[usize], mask: i64, values: &[Vec<String>]) -> String {
    let (mut nulls, mut columns, mut arrays, mut casts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, (place, values)) in places.iter().zip(values).enumerate() {
        let column = format!("s.c{}", place + 1);
        if mask >> index & 1 == 1 {
            nulls.push(format!("{column} IS NULL"));
            continue;
        }
        let source = columns_of.get(*place);
        let cast = source.is_some_and(|column| column.travel == query::Travel::Cast);
        columns.push(if cast { format!("{column}::pg_catalog.text") } else { column });
        let r#type = source.filter(|_| !cast).map_or("text", |column| column.r#type.name());
        casts.push(format!("k.k{index}::pg_catalog.{}", quote(r#type)));
        arrays.push((index, array(values)));
    }
    if !columns.is_empty() {
        let names: Vec<String> = arrays.iter().map(|(index, _)| format!("k{index}")).collect();
        let arrays: Vec<String> = arrays.into_iter().map(|(_, array)| array).collect();
        nulls.push(format!(
            "({}) IN (SELECT {} FROM unnest({}) AS k ({}))",
            columns.join(", "),
            casts.join(", "),
            arrays.join(", "),
            names.join(", ")
        ));
    }
    nulls.join(" AND ")
}

/// A literal of an array of texts.
fn array(values: &[String]) -> String {
    let mut text = String::from("E'{");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push('"');
        for c in value.chars() {
            match c {
                '"' => text.push_str("\\\\\""),
                '\\' => text.push_str("\\\\\\\\"),
                '\'' => text.push_str("\\'"),
                c => text.push(c),
            }
        }
        text.push('"');
    }
    text.push_str("}'::pg_catalog.text[]");
    text
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Type;

    use super::{array, restrict};
    use crate::source::query::{Column, Travel};

    #[test]
    fn an_array_quotes_its_values() {
        insta::assert_snapshot!(
            array(&["a".to_owned(), "it's \"b\"".to_owned(), r"c\d".to_owned(), String::new()]),
            @r#"E'{"a","it\'s \\"b\\"","c\\\\d",""}'::pg_catalog.text[]"#
        );
    }

    #[test]
    fn a_query_is_restricted_to_keys_of_one_pattern() {
        let column = |r#type: Type, travel| Column { name: "x".to_owned(), r#type, travel };
        let query = [column(Type::INT4, Travel::Binary), column(Type::VARCHAR, Travel::Text)];
        let one = || vec!["1".to_owned()];
        insta::assert_snapshot!(
            restrict(&query, &[1, 0], 0, &[one(), one()]),
            @r#"(s.c2, s.c1) IN (SELECT k.k0::pg_catalog."varchar", k.k1::pg_catalog."int4" FROM unnest(E'{"1"}'::pg_catalog.text[], E'{"1"}'::pg_catalog.text[]) AS k (k0, k1))"#
        );
        insta::assert_snapshot!(
            restrict(&query, &[1, 0], 1, &[vec![], one()]),
            @r#"s.c2 IS NULL AND (s.c1) IN (SELECT k.k1::pg_catalog."int4" FROM unnest(E'{"1"}'::pg_catalog.text[]) AS k (k1))"#
        );
        insta::assert_snapshot!(restrict(&query, &[1], 1, &[vec![]]), @"s.c2 IS NULL");
    }
}
