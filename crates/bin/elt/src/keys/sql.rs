//! SQL of the comparison of keys: temporary tables, differences, deletes. Pure.
//!
//! NULL is equal to NULL here. `IS NOT DISTINCT FROM` would say so and join by nested loop, so sets are compared by
//! GROUP BY, and rows are found by a join for each pattern of NULLs that occurs (`mask`: bit n for key n).

use crate::{
    job::{DELETED_AT, quote},
    target::upsert::sql::Upsert,
    target::{Column, Target},
};

pub(crate) mod restrict;

/// The keys of M: all, or those of some buckets.
pub(crate) const KEYS: &str = "elt_keys";

/// Where the rows of A are whose keys are in the same buckets.
pub(crate) const PLACES: &str = "elt_places";

/// The keys of rows of A, with their places: `k1` …, `part` (tableoid) and `place` (ctid).
pub(crate) const OURS: &str = "elt_ours";

/// The keys that M and A do not have equally often: `k1` …, `m` and `a`.
pub(crate) const DIFFERENCE: &str = "elt_difference";

/// The keys that were read again, with the round in which they were.
pub(crate) const TRIED: &str = "elt_tried";

/// The rows that were read again.
pub(crate) const REPAIR: &str = "elt_repair";

/// Rows of A whose keys A has too many of.
const CANDIDATES: &str = "elt_candidates";

/// Those of them that are too many.
pub(crate) const SURPLUS: &str = "elt_surplus";

/// The condition that a row of the target (`elt_a`) is where `o` says.
const AT_ITS_PLACE: &str = "elt_a.ctid = o.place AND elt_a.tableoid = o.part";

/// The key columns of the target table.
#[derive(Clone, Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) target: &'a Target,
    pub(crate) columns: Vec<Column>,
    /// DELETE: soft.
    pub(crate) soft: bool,
}

/// The table of places, empty.
pub(crate) fn create_places() -> String {
    format!("CREATE TEMP TABLE {PLACES} (part pg_catalog.oid, place pg_catalog.tid) ON COMMIT DROP")
}

/// Drops what a comparison has found, except the keys of M. Other schemas may have tables of these names.
pub(crate) fn drop_differences() -> String {
    format!("DROP TABLE IF EXISTS pg_temp.{DIFFERENCE}, pg_temp.{OURS}, pg_temp.{PLACES}")
}

/// Drops the keys of M.
pub(crate) fn drop_keys() -> String {
    format!("DROP TABLE IF EXISTS pg_temp.{KEYS}")
}

impl Keys<'_> {
    /// The keys of A.
    pub(crate) fn select(&self) -> String {
        let alive = self.alive().map_or(String::new(), |alive| format!(" WHERE {alive}"));
        format!("SELECT {} FROM {} AS elt_a{alive}", self.ours(), self.target.name)
    }

    /// The keys of A, each with the place of its row.
    pub(crate) fn select_with_places(&self) -> String {
        let alive = self.alive().map_or(String::new(), |alive| format!(" WHERE {alive}"));
        format!("SELECT {}, elt_a.tableoid, elt_a.ctid FROM {} AS elt_a{alive}", self.ours(), self.target.name)
    }

    /// The differences between the keys of M and all of A, in a new table.
    pub(crate) fn compare(&self) -> String {
        let alive = self.alive().map_or(String::new(), |alive| format!(" WHERE {alive}"));
        self.differences(&format!(
            "SELECT {}, 1 AS d FROM {KEYS} UNION ALL SELECT {}, -1 FROM {} AS elt_a{alive}",
            self.theirs(),
            self.ours(),
            self.target.name
        ))
    }

    /// The differences between the keys of M and those of the rows in `OURS`, in a new table.
    pub(crate) fn compare_selected(&self) -> String {
        self.differences(&format!(
            "SELECT {}, 1 AS d FROM {KEYS} UNION ALL SELECT {}, -1 FROM {OURS}",
            self.theirs(),
            self.names("")
        ))
    }

    /// The rows of A at the places, with their keys, in a new table.
    pub(crate) fn create_ours(&self) -> String {
        format!(
            "CREATE TEMP TABLE {OURS} ON COMMIT DROP AS SELECT {}, o.part, o.place FROM {PLACES} AS o JOIN {} AS elt_a ON {}",
            self.ours(),
            self.target.name,
            AT_ITS_PLACE
        )
    }

    /// The rows of A whose keys A has too many of, in a new table. `masks`: the patterns of NULLs of the differences.
    pub(crate) fn find_ours(&self, masks: &[i64]) -> String {
        let alive = self.alive().map_or(String::new(), |alive| format!(" AND {alive}"));
        let one = |mask: &i64| {
            let matches = self.pairs(*mask, |_, column| format!("elt_a.{}", quote(&column.name)));
            format!(
                "SELECT {}, elt_a.tableoid AS part, elt_a.ctid AS place FROM {} AS elt_a JOIN {DIFFERENCE} AS d ON {matches} \
                 WHERE d.a > d.m{alive}",
                self.ours(),
                self.target.name
            )
        };
        format!(
            "CREATE TEMP TABLE {OURS} ON COMMIT DROP AS {}",
            masks.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
        )
    }

    /// The differences among rows with `d`, 1 for a key of M and -1 for one of A. One sum and a count are faster than two sums.
    fn differences(&self, both_sides: &str) -> String {
        let names = self.names("");
        format!(
            "CREATE TEMP TABLE {DIFFERENCE} ON COMMIT DROP AS \
             SELECT {names}, (count(*) + sum(d)) / 2 AS m, (count(*) - sum(d)) / 2 AS a \
             FROM ({both_sides}) AS both_sides GROUP BY {names} HAVING sum(d) <> 0"
        )
    }

    fn theirs(&self) -> String {
        self.list(|n, column| format!("CAST(c{n} AS {}) AS k{n}", column.r#type))
    }

    fn ours(&self) -> String {
        self.list(|n, column| format!("elt_a.{} AS k{n}", quote(&column.name)))
    }

    /// The condition of rows of A that count; `None`: all do.
    fn alive(&self) -> Option<String> {
        self.soft.then(|| format!("elt_a.{} IS NULL", quote(DELETED_AT)))
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

    /// Deletes, or marks, the rows whose keys M lacks.
    pub(crate) fn delete_gone(&self, masks: &[i64]) -> String {
        let gone = self.ours_of(masks, "d.m = 0");
        self.delete(&format!("({gone})"))
    }

    /// The table of all rows of keys that A has too many of. `difference`: the place of the key in `DIFFERENCE`. It is a
    /// table because the planner has to know its size: it would compare each of its rows with all rows read again.
    pub(crate) fn find_candidates(&self, masks: &[i64]) -> String {
        let candidates = self.ours_of(masks, "d.m > 0 AND d.a > d.m");
        format!("CREATE TEMP TABLE {CANDIDATES} ON COMMIT DROP AS {candidates}; ANALYZE {CANDIDATES}")
    }

    /// The table of those that were not among the rows read again. A key of which more would go than it has too many is
    /// left alone.
    pub(crate) fn find_surplus(&self, upsert: &Upsert<'_>, conflict: &[usize]) -> String {
        let joined = upsert.joined(conflict);
        let twin = upsert
            .twin(conflict)
            .map_or(String::new(), |twin| format!(" AND NOT EXISTS (SELECT FROM {REPAIR} AS elt_s WHERE {twin})"));
        format!(
            "CREATE TEMP TABLE {SURPLUS} ON COMMIT DROP AS SELECT {}, part, place, difference FROM (\
             SELECT o.*, count(*) OVER (PARTITION BY o.difference) AS candidates FROM {CANDIDATES} AS o \
             JOIN {} AS elt_a ON {AT_ITS_PLACE} WHERE NOT EXISTS (SELECT FROM {REPAIR} AS elt_s WHERE {joined}){twin}\
             ) AS found WHERE candidates <= surplus",
            self.names(""),
            self.target.name
        )
    }

    /// Deletes, or marks, these rows.
    pub(crate) fn delete_surplus(&self) -> String {
        self.delete(SURPLUS)
    }

    /// Takes these rows off the differences, once all of them are deleted.
    pub(crate) fn forget_surplus() -> String {
        format!(
            "UPDATE {DIFFERENCE} AS d SET a = d.a - s.rows \
             FROM (SELECT difference, count(*) AS rows FROM {SURPLUS} GROUP BY difference) AS s WHERE d.ctid = s.difference; \
             DELETE FROM {DIFFERENCE} WHERE a = m"
        )
    }

    /// The number of rows of the target table that count.
    pub(crate) fn count(&self) -> String {
        let alive = if self.soft { format!(" WHERE {} IS NULL", quote(DELETED_AT)) } else { String::new() };
        format!("SELECT count(*) FROM {}{alive}", self.target.name)
    }

    /// Deletes, or marks, rows that are given by place and key.
    fn delete(&self, rows: &str) -> String {
        let (target, deleted_at, is_row) = (&self.target.name, quote(DELETED_AT), self.is_row());
        if self.soft {
            format!(
                "UPDATE {target} AS elt_a SET {deleted_at} = now() FROM {rows} AS o \
                 WHERE {is_row} AND elt_a.{deleted_at} IS NULL"
            )
        } else {
            format!("DELETE FROM {target} AS elt_a USING {rows} AS o WHERE {is_row}")
        }
    }

    /// The rows of `OURS` whose differences are such, with the number of rows that are too many.
    fn ours_of(&self, masks: &[i64], condition: &str) -> String {
        let one = |mask: &i64| {
            let matches = self.pairs(*mask, |n, _| format!("o.k{n}"));
            format!(
                "SELECT o.*, d.ctid AS difference, d.a - d.m AS surplus FROM {OURS} AS o JOIN {DIFFERENCE} AS d ON {matches} \
                 WHERE {condition}"
            )
        };
        masks.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// The condition that a row of the target (`elt_a`) is the one of `o`. Somebody else may have put another row there in the
    /// meantime, so its key is looked at.
    fn is_row(&self) -> String {
        let same = |n: usize, column: &Column| format!("elt_a.{} IS NOT DISTINCT FROM o.k{n}", quote(&column.name));
        let keys: Vec<String> =
            self.columns.iter().enumerate().map(|(index, column)| same(index + 1, column)).collect();
        format!("{AT_ITS_PLACE} AND {}", keys.join(" AND "))
    }

    fn pairs(&self, mask: i64, side: impl Fn(usize, &Column) -> String) -> String {
        let one = |(index, column): (usize, &Column)| {
            let (n, side) = (index + 1, side(index + 1, column));
            match mask >> index & 1 {
                0 => format!("{side} = d.k{n}"),
                _ => format!("{side} IS NULL AND d.k{n} IS NULL"),
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
