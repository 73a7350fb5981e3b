//! SQL of the comparison of keys: temporary tables, differences, deletes. Pure.
//!
//! NULL is equal to NULL here. `IS NOT DISTINCT FROM` would say so and join by nested loop, so sets are compared by
//! GROUP BY, and rows are found by one statement for each pattern of NULLs that occurs (`mask`: bit n for key n).

use crate::{
    job::{DELETED_AT, quote},
    source::query,
    target::upsert::sql::Upsert,
    target::{Column, Target},
};

/// The keys of M.
pub(crate) const KEYS: &str = "elt_keys";

/// The keys that M and A do not have equally often: `k1` …, `m` and `a`.
pub(crate) const DIFFERENCE: &str = "elt_difference";

/// The keys that were read again, with the round in which they were.
pub(crate) const TRIED: &str = "elt_tried";

/// The rows that were read again.
pub(crate) const REPAIR: &str = "elt_repair";

/// Rows of A that their key has too many of.
pub(crate) const SURPLUS: &str = "elt_surplus";

/// The key columns of the target table.
#[derive(Clone, Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) target: &'a Target,
    pub(crate) columns: Vec<Column>,
    /// DELETE: soft.
    pub(crate) soft: bool,
}

impl Keys<'_> {
    /// The differences, in a new table.
    pub(crate) fn compare(&self) -> String {
        let names = self.names("");
        let theirs = self.list(|n, column| format!("CAST(c{n} AS {}) AS k{n}", column.r#type));
        let ours = self.list(|_, column| quote(&column.name));
        let alive = if self.soft { format!(" WHERE {} IS NULL", quote(DELETED_AT)) } else { String::new() };
        format!(
            "CREATE TEMP TABLE {DIFFERENCE} ON COMMIT DROP AS \
             SELECT {names}, sum(m) AS m, sum(a) AS a FROM (\
             SELECT {theirs}, 1 AS m, 0 AS a FROM {KEYS} \
             UNION ALL SELECT {ours}, 0, 1 FROM {}{alive}) AS both_sides \
             GROUP BY {names} HAVING sum(m) <> sum(a)",
            self.target.name
        )
    }

    /// The table of keys that were read again, empty.
    pub(crate) fn create_tried(&self) -> String {
        let names = self.names("");
        format!("CREATE TEMP TABLE {TRIED} ON COMMIT DROP AS SELECT {names}, 0 AS round FROM {DIFFERENCE} WHERE false")
    }

    /// Notes the keys that M has and that were not read again yet. Returns their number.
    pub(crate) fn insert_tried(&self, round: u32) -> String {
        let names = self.names("");
        format!(
            "WITH elt_new AS (INSERT INTO {TRIED} SELECT {names}, {round} FROM (\
             SELECT {names} FROM {DIFFERENCE} WHERE m > 0 EXCEPT SELECT {names} FROM {TRIED}) AS untried RETURNING 1) \
             SELECT count(*) FROM elt_new"
        )
    }

    /// The keys of a round as text, with their mask, ordered by it.
    pub(crate) fn select_tried(&self, round: u32) -> String {
        let texts = self.list(|n, _| format!("k{n}::pg_catalog.text"));
        format!("SELECT {} AS mask, {texts} FROM {TRIED} WHERE round = {round} ORDER BY mask", self.mask(""))
    }

    /// What is known of the differences: rows of A whose keys M lacks; keys M has more often; a hash of the differences
    /// that reading again might remove.
    pub(crate) fn summarize(&self) -> String {
        let names = self.names("");
        format!(
            "SELECT COALESCE(sum(a) FILTER (WHERE m = 0), 0)::bigint AS gone, \
             COALESCE(sum(m - a) FILTER (WHERE m > a), 0)::bigint AS missing, \
             COALESCE(sum(a - m) FILTER (WHERE a > m AND m > 0), 0)::bigint AS surplus, \
             count(*) FILTER (WHERE m > 0) AS repairable, \
             count(*) FILTER (WHERE m > 0) || ':' || COALESCE(sum(hashtextextended(ROW({names}, m, a)::text, 0)) \
             FILTER (WHERE m > 0), 0) AS unresolved FROM {DIFFERENCE}"
        )
    }

    /// The patterns of NULLs that occur in a table.
    pub(crate) fn masks(&self, table: &str) -> String {
        format!("SELECT DISTINCT {} AS mask FROM {table} ORDER BY mask", self.mask(""))
    }

    /// Deletes, or marks, the rows whose keys M lacks, for one pattern of NULLs.
    pub(crate) fn delete_gone(&self, mask: i64) -> String {
        let (head, alive) = self.delete();
        format!("{head} {DIFFERENCE} AS d WHERE d.m = 0 AND {}{alive}", self.matches(mask))
    }

    /// The table of rows that their key has too many of and that were not among the rows read again. A key of which more
    /// would go than it has too many is left alone.
    pub(crate) fn find_surplus(&self, upsert: &Upsert<'_>, conflict: &[usize], masks: &[i64]) -> String {
        let names = self.names("d.");
        let alive = if self.soft { format!(" AND elt_a.{} IS NULL", quote(DELETED_AT)) } else { String::new() };
        let joined = upsert.joined(conflict);
        let twin = upsert
            .twin(conflict)
            .map_or(String::new(), |twin| format!(" AND NOT EXISTS (SELECT FROM {REPAIR} AS elt_s WHERE {twin})"));
        let one = |mask: &i64| {
            format!(
                "SELECT elt_a.tableoid AS part, elt_a.ctid AS place, d.a - d.m AS surplus, \
                 count(*) OVER (PARTITION BY {names}) AS candidates \
                 FROM {} AS elt_a JOIN {DIFFERENCE} AS d ON {} \
                 WHERE d.m > 0 AND d.a > d.m{alive} AND NOT EXISTS (SELECT FROM {REPAIR} AS elt_s WHERE {joined}){twin}",
                self.target.name,
                self.matches(*mask)
            )
        };
        let all: Vec<String> = masks.iter().map(one).collect();
        format!(
            "CREATE TEMP TABLE {SURPLUS} ON COMMIT DROP AS \
             SELECT part, place FROM ({}) AS found WHERE candidates <= surplus",
            all.join(" UNION ALL ")
        )
    }

    /// Deletes, or marks, these rows.
    pub(crate) fn delete_surplus(&self) -> String {
        let (head, _) = self.delete();
        format!("{head} {SURPLUS} AS s WHERE elt_a.ctid = s.place AND elt_a.tableoid = s.part")
    }

    /// The number of rows of the target table that count.
    pub(crate) fn count(&self) -> String {
        let alive = if self.soft { format!(" WHERE {} IS NULL", quote(DELETED_AT)) } else { String::new() };
        format!("SELECT count(*) FROM {}{alive}", self.target.name)
    }

    fn delete(&self) -> (String, String) {
        let (target, deleted_at) = (&self.target.name, quote(DELETED_AT));
        if self.soft {
            let head = format!("UPDATE {target} AS elt_a SET {deleted_at} = now() FROM");
            (head, format!(" AND elt_a.{deleted_at} IS NULL"))
        } else {
            (format!("DELETE FROM {target} AS elt_a USING"), String::new())
        }
    }

    fn matches(&self, mask: i64) -> String {
        let one = |(index, column): (usize, &Column)| {
            let (n, name) = (index + 1, quote(&column.name));
            match mask >> index & 1 {
                0 => format!("elt_a.{name} = d.k{n}"),
                _ => format!("elt_a.{name} IS NULL AND d.k{n} IS NULL"),
            }
        };
        self.columns.iter().enumerate().map(one).collect::<Vec<_>>().join(" AND ")
    }

    fn mask(&self, prefix: &str) -> String {
        let bit = |index: usize| format!("CASE WHEN {prefix}k{} IS NULL THEN {} ELSE 0 END", index + 1, 1_i64 << index);
        format!("({})::bigint", (0..self.columns.len()).map(bit).collect::<Vec<_>>().join(" + "))
    }

    fn names(&self, prefix: &str) -> String {
        self.list(|n, _| format!("{prefix}k{n}"))
    }

    fn list(&self, one: impl Fn(usize, &Column) -> String) -> String {
        let list: Vec<String> = self.columns.iter().enumerate().map(|(index, column)| one(index + 1, column)).collect();
        list.join(", ")
    }
}

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
