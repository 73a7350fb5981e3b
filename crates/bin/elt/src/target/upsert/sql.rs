//! SQL of the upsert: the stage table, and UPSERT_TARGET_SQL over it. Pure.

use tokio_postgres::types::Type;

use crate::{
    job::{DELETED_AT, SetBased, quote},
    source::query::{self, Travel},
    target::{Column, Target},
};

/// Everything the set-based upsert is built from.
#[derive(Clone, Debug)]
pub(crate) struct Upsert<'a> {
    pub(crate) parts: &'a SetBased,
    pub(crate) target: &'a Target,
    /// The columns that the list fills.
    pub(crate) listed: Vec<Column>,
    /// The columns of ON CONFLICT as places of `listed`, if rows of A can be found by them.
    pub(crate) conflict: Option<Vec<usize>>,
    /// The columns of SELECT_SOURCE_SQL.
    pub(crate) source: &'a [query::Column],
    /// The type PREPARE gives each placeholder.
    pub(crate) inferred: Vec<Type>,
    /// The columns that DO UPDATE takes over, if it does nothing else: only these are compared.
    pub(crate) taken_over: Option<Vec<String>>,
    /// `ON CONFLICT … DO NOTHING`.
    pub(crate) does_nothing: bool,
    /// DELETE: soft.
    pub(crate) soft: bool,
}

/// The rows of a stage table that A does not hold.
pub(crate) const CHANGED: &str = "elt_changed";

/// Columns of a stage table: `c1 pg_catalog."int4", c2 pg_catalog.text`.
pub(crate) fn create_stage(name: &str, columns: &[query::Column]) -> String {
    let column = |(index, column): (usize, &query::Column)| match column.travel {
        Travel::Binary => format!("c{} pg_catalog.{}", index + 1, quote(column.r#type.name())),
        Travel::Text | Travel::Cast => format!("c{} pg_catalog.text", index + 1),
    };
    let list: Vec<String> = columns.iter().enumerate().map(column).collect();
    format!("CREATE TEMP TABLE {name} ({}) ON COMMIT DROP", list.join(", "))
}

/// COPY into a table, binary.
pub(crate) fn copy_in(table: &str, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    format!("COPY {table}{list} FROM STDIN (FORMAT binary)")
}

impl Upsert<'_> {
    /// Whether a binary COPY of the query into the empty target has the same result as the upsert.
    pub(crate) fn is_copy(&self) -> bool {
        let bare = self.parts.values.iter().enumerate().all(|(index, value)| value.bare == Some(index));
        let same = |(source, column): (&query::Column, &Column)| {
            let equal = match source.travel {
                Travel::Binary => source.r#type.oid() == column.type_oid,
                Travel::Text => is_text(column.type_oid),
                Travel::Cast => column.type_oid == Type::TEXT.oid(),
            };
            equal && !column.always_identity && !column.generated
        };
        self.target.plain
            && bare
            && self.parts.values.len() == self.source.len()
            && self.listed.len() == self.source.len()
            && self.source.iter().zip(&self.listed).all(same)
    }

    /// The upsert over no rows: it is planned, so that a missing unique index is found before COPY.
    pub(crate) fn explain(&self) -> String {
        let nothing = |index: usize| {
            let r#type = self.inferred.get(index).map_or("pg_catalog.text".to_owned(), name);
            format!("CAST(NULL AS {type})")
        };
        format!("EXPLAIN {}", self.parts.select_from("(SELECT) AS elt_nothing WHERE false", nothing))
    }

    /// The upsert of the rows of a stage table. Counts: rows inserted, rows updated.
    ///
    /// `fresh`: the target is empty, so nothing is compared. `range`: a condition on `elt_s`.
    pub(crate) fn insert_sql(&self, stage: &str, fresh: bool, range: Option<&str>) -> String {
        let mut conditions: Vec<String> = range.iter().map(|range| (*range).to_owned()).collect();
        let mut from = format!("{stage} AS elt_s");
        if let Some(conflict) = self.conflict.as_ref().filter(|_| !fresh) {
            from.push_str(&format!(" LEFT JOIN {} AS elt_a ON {}", self.target.name, self.joined(conflict)));
            conditions.push(self.differs());
        }
        if !conditions.is_empty() {
            from.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        if self.does_nothing {
            // The first row of a key wins, as it does row by row.
            from.push_str(" ORDER BY elt_s.ctid");
        }
        let insert = self.parts.select_from(&from, |index| self.placeholder(index));
        // The rows of a partitioned table cannot tell which of them are new.
        let is_new = if self.target.partitioned { "false" } else { "xmax = 0" };
        format!(
            "WITH elt_done AS ({insert} RETURNING {is_new} AS elt_new) \
             SELECT count(*) FILTER (WHERE elt_new), count(*) FILTER (WHERE NOT elt_new) FROM elt_done"
        )
    }

    /// The rows of a stage table that A does not hold, in a new table of the same columns.
    pub(crate) fn create_changed(&self, stage: &str) -> Option<String> {
        let conflict = self.conflict.as_ref()?;
        let columns: Vec<String> = (1..=self.source.len()).map(|n| format!("elt_s.c{n}")).collect();
        // Rows of one key have to stay in their order.
        let order = if self.does_nothing { " ORDER BY elt_s.ctid" } else { "" };
        let twin = self.twin(conflict).map_or(String::new(), |twin| {
            format!(" AND NOT EXISTS (SELECT FROM {} AS elt_a WHERE {twin})", self.target.name)
        });
        Some(format!(
            "CREATE TEMP TABLE {CHANGED} ON COMMIT DROP AS SELECT {} FROM {stage} AS elt_s LEFT JOIN {} AS elt_a ON {} \
             WHERE {}{twin}{order}",
            columns.join(", "),
            self.target.name,
            self.joined(conflict),
            self.differs()
        ))
    }

    /// Whether two rows of a stage table have the same conflict key, one that `among` has as well. Counting is several
    /// times as fast as grouping.
    pub(crate) fn has_duplicates(&self, stage: &str, among: Option<&str>) -> Option<String> {
        let keys = self.keys()?;
        let (known, list) = (self.known(&keys), keys.join(", "));
        let key = if keys.len() == 1 { list.clone() } else { format!("ROW({list})") };
        let among =
            among.map_or(String::new(), |among| format!(" AND ({list}) IN (SELECT {list} FROM {among} AS elt_s)"));
        Some(format!("SELECT count(*) > count(DISTINCT {key}) FROM {stage} AS elt_s WHERE {known}{among}"))
    }

    /// Deletes from a stage table all rows of a conflict key but the last.
    pub(crate) fn delete_duplicates(&self, stage: &str) -> Option<String> {
        let keys = self.keys()?;
        let known = self.known(&keys);
        let keys = keys.join(", ");
        Some(format!(
            "DELETE FROM {stage} AS elt_d USING (SELECT elt_s.ctid AS place, \
             row_number() OVER (PARTITION BY {keys} ORDER BY elt_s.ctid DESC) AS nth FROM {stage} AS elt_s \
             WHERE {known}) AS elt_o WHERE elt_d.ctid = elt_o.place AND elt_o.nth > 1"
        ))
    }

    /// Takes the mark of a soft delete off the rows of a stage table.
    pub(crate) fn restore(&self, stage: &str) -> Option<String> {
        let conflict = self.conflict.as_ref().filter(|_| self.soft)?;
        let (target, deleted_at) = (&self.target.name, quote(DELETED_AT));
        Some(format!(
            "UPDATE {target} AS elt_a SET {deleted_at} = NULL FROM {stage} AS elt_s \
             WHERE {} AND elt_a.{deleted_at} IS NOT NULL",
            self.joined(conflict)
        ))
    }

    /// The condition that a row of the target (`elt_a`) is the one that a row of the stage (`elt_s`) is about.
    pub(crate) fn joined(&self, conflict: &[usize]) -> String {
        let same = |place: &usize| format!("elt_a.{} = {}", quote(&self.listed[*place].name), self.key(*place));
        conflict.iter().map(same).collect::<Vec<_>>().join(" AND ")
    }

    /// The condition that a row of the target equals one of the stage that conflicts with none, because a column of its
    /// conflict key is NULL: it would be inserted whenever it is read. `None`: these columns cannot be NULL. Rows are
    /// compared as text, which a join can hash.
    pub(crate) fn twin(&self, conflict: &[usize]) -> Option<String> {
        let nullable = conflict.iter().map(|place| &self.listed[*place]).filter(|column| !column.not_null);
        let unknown: Vec<String> = nullable.map(|column| format!("elt_a.{} IS NULL", quote(&column.name))).collect();
        if unknown.is_empty() {
            return None;
        }
        let (new, old) = self.compared();
        Some(format!("({}) AND ROW({new})::text = ROW({old})::text", unknown.join(" OR ")))
    }

    /// The expression of a list's place for a row of the stage (`elt_s`).
    pub(crate) fn value(&self, place: usize) -> String {
        self.parts.values.get(place).map_or("NULL".to_owned(), |value| value.render(|index| self.placeholder(index)))
    }

    /// The same as a value of its column.
    fn key(&self, place: usize) -> String {
        format!("CAST({} AS {})", self.value(place), self.listed[place].loose_type)
    }

    fn keys(&self) -> Option<Vec<String>> {
        let conflict = self.conflict.as_ref().filter(|_| !self.does_nothing)?;
        Some(conflict.iter().map(|place| self.key(*place)).collect())
    }

    /// NULL conflicts with nothing.
    fn known(&self, keys: &[String]) -> String {
        keys.iter().map(|key| format!("{key} IS NOT NULL")).collect::<Vec<_>>().join(" AND ")
    }

    /// The condition that A does not hold the row already. With DO NOTHING any row of the key will do.
    fn differs(&self) -> String {
        let mut differs = "elt_a.ctid IS NULL".to_owned();
        if !self.does_nothing {
            let (new, old) = self.compared();
            differs.push_str(&format!(" OR NOT pg_catalog.record_image_eq(ROW({new}), ROW({old}))"));
        }
        if self.soft {
            differs.push_str(&format!(" OR elt_a.{} IS NOT NULL", quote(DELETED_AT)));
        }
        format!("({differs})")
    }

    /// The new values and those of the target, as two lists of the same types.
    fn compared(&self) -> (String, String) {
        let (mut new, mut old) = (Vec::new(), Vec::new());
        for (place, column) in self.listed.iter().enumerate() {
            if self.taken_over.as_ref().is_some_and(|columns| !columns.contains(&column.name)) {
                continue;
            }
            new.push(comparable(&self.value(place), column));
            old.push(format!("elt_a.{}", quote(&column.name)));
        }
        (new.join(", "), old.join(", "))
    }

    /// A placeholder over the stage. A value that travels as text is a literal without a type, so it takes the type that
    /// PREPARE infers; any other has its own type. To cast those as well would round `%s * 100` before it is multiplied.
    fn placeholder(&self, index: usize) -> String {
        let column = format!("elt_s.c{}", index + 1);
        let text = self.source.get(index).is_some_and(|source| source.travel != Travel::Binary);
        match self.inferred.get(index) {
            Some(inferred) if text && *inferred != Type::TEXT => format!("CAST({column} AS {})", name(inferred)),
            _ => column,
        }
    }
}

/// A type in SQL, without a modifier.
pub(crate) fn name(r#type: &Type) -> String {
    format!("{}.{}", quote(r#type.schema()), quote(r#type.name()))
}

fn is_text(oid: u32) -> bool {
    [Type::TEXT, Type::VARCHAR, Type::BPCHAR].iter().any(|text| text.oid() == oid)
}

/// `value` as the column would store it. An INSERT refuses what is too long; a cast cuts it, which would make it equal to
/// what is stored. So those types are cast without their length, and `character(n)` is padded by hand.
fn comparable(value: &str, column: &Column) -> String {
    match column.bpchar_length {
        Some(length) => {
            let text = format!("CAST({value} AS pg_catalog.text)");
            format!(
                "CAST(CASE WHEN pg_catalog.char_length({text}) > {length} THEN {text} \
                 ELSE pg_catalog.rpad({text}, {length}) END AS pg_catalog.bpchar)"
            )
        }
        None if column.cut_by_casts => format!("CAST({value} AS {})", column.loose_type),
        None => format!("CAST({value} AS {})", column.r#type),
    }
}

#[cfg(test)]
mod tests;
