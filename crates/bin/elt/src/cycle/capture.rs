//! Dry runs: what a cycle changes in the target table, captured by triggers that are rolled back with it.
//!
//! Triggers see what the engine really does, whichever way rows take. They are created in the transaction of the cycle and
//! call functions of the session's temporary schema, so nobody else ever sees them.

use tokio_postgres::Client;

use super::Cycle;
use crate::{
    error::{Result, target},
    job::{DELETED_AT, DeleteMode, Job, quote},
    outcome::{Changed, Changes},
    target::{Target, find, get},
};

/// How many keys of changed rows are shown.
const KEYS: usize = 10;

const TOTALS: &str = include_str!("../../../../../sql/elt/target/select_captured_rows.sql");
const SAMPLES: &str = include_str!("../../../../../sql/elt/target/select_captured_keys.sql");
const COLUMNS: &str = include_str!("../../../../../sql/elt/target/select_captured_columns.sql");

/// Begins to capture the changes of the table.
pub(super) async fn begin(client: &Client, job: &Job, table: &Target) -> Result<()> {
    let soft = job.delete == DeleteMode::Soft && table.column(DELETED_AT).is_some();
    client.batch_execute(&triggers(&job.key_columns, table, soft)).await.map_err(target("prepare the dry run"))
}

/// The statements that create the triggers.
fn triggers(key_columns: &[String], table: &Target, soft: bool) -> String {
    let keys = |row: &str| {
        let known = key_columns.iter().filter(|name| table.column(name).is_some());
        let list: Vec<String> = known.map(|name| format!("({row}).{}", quote(name))).collect();
        format!("ROW({})::text", list.join(", "))
    };
    let (name, deleted_at) = (&table.name, quote(DELETED_AT));
    let marked = match soft {
        true => format!("(o.r).{deleted_at} IS NULL AND (n.r).{deleted_at} IS NOT NULL"),
        false => "false".to_owned(),
    };
    let differs = |column: &str| format!("NOT record_image_eq(ROW((o.r).{column}), ROW((n.r).{column}))");
    let count = |column: &crate::target::Column| {
        format!("count(*) FILTER (WHERE NOT gone AND {})", differs(&quote(&column.name)))
    };
    let counts: Vec<String> = table.columns.iter().map(count).collect();
    // The transition tables of a statement are filled row by row, so their rows are in the same order.
    let numbered = |rows: &str| format!("(SELECT row_number() OVER () AS at, t AS r FROM {rows} AS t)");
    let pairs = format!(
        "{} AS o JOIN {} AS n USING (at) CROSS JOIN LATERAL (SELECT {marked} AS gone) AS g WHERE NOT record_image_eq(o.r, n.r)",
        numbered("elt_old"),
        numbered("elt_new")
    );
    let simple = |kind: &str, rows: &str| {
        format!(
            "SELECT '{kind}', count(*), NULL::bigint[], ARRAY(SELECT {} FROM {rows} AS t LIMIT {KEYS}) FROM {rows} HAVING count(*) > 0",
            keys("t")
        )
    };
    let updated = |kind: &str, gone: &str, counts: &str| {
        format!(
            "SELECT '{kind}', count(*), {counts}, ARRAY(SELECT {} FROM {pairs} AND {gone} LIMIT {KEYS}) FROM {pairs} AND {gone} \
             HAVING count(*) > 0",
            keys("n.r")
        )
    };
    let both = format!(
        "{} UNION ALL {}",
        updated("update", "NOT gone", &format!("ARRAY[{}]::bigint[]", counts.join(", "))),
        updated("delete", "gone", "NULL::bigint[]")
    );
    let trigger = |event: &str, tables: &str, select: &str| {
        let lower = event.to_lowercase();
        format!(
            "CREATE FUNCTION pg_temp.elt_capture_{lower}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS \
             $elt_capture$ BEGIN INSERT INTO pg_temp.elt_captured {select}; RETURN NULL; END $elt_capture$; \
             CREATE TRIGGER elt_capture_{lower} AFTER {event} ON {name} REFERENCING {tables} \
             FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.elt_capture_{lower}();"
        )
    };
    [
        "CREATE TEMP TABLE elt_captured (kind text, rows bigint, changed bigint[], keys text[]) ON COMMIT DROP;"
            .to_owned(),
        trigger("INSERT", "NEW TABLE AS elt_new", &simple("insert", "elt_new")),
        trigger("UPDATE", "OLD TABLE AS elt_old NEW TABLE AS elt_new", &both),
        trigger("DELETE", "OLD TABLE AS elt_old", &simple("delete", "elt_old")),
    ]
    .concat()
}

impl Cycle<'_> {
    /// What was captured; `None` if nothing was to be.
    pub(super) async fn captured(&self) -> Result<Option<Changes>> {
        let step = "read what the dry run would change";
        let Some(table) = find(self.target, &self.job.target).await? else { return Ok(None) };
        let mut changes = Changes::default();
        for row in self.target.query(TOTALS, &[]).await.map_err(target(step))? {
            let rows: i64 = get(&row, "rows")?;
            changed(&mut changes, get(&row, "kind")?).rows = rows.unsigned_abs();
        }
        for row in self.target.query(SAMPLES, &[]).await.map_err(target(step))? {
            changed(&mut changes, get(&row, "kind")?).keys.push(get(&row, "key")?);
        }
        for row in self.target.query(COLUMNS, &[]).await.map_err(target(step))? {
            let (place, rows): (i64, i64) = (get(&row, "place")?, get(&row, "rows")?);
            let place = usize::try_from(place).unwrap_or_default();
            if let Some(column) = place.checked_sub(1).and_then(|place| table.columns.get(place)) {
                changes.columns.push((column.name.clone(), rows.unsigned_abs()));
            }
        }
        Ok(Some(changes))
    }
}

fn changed<'a>(changes: &'a mut Changes, kind: &str) -> &'a mut Changed {
    match kind {
        "insert" => &mut changes.inserts,
        "update" => &mut changes.updates,
        _ => &mut changes.deletes,
    }
}
