//! Repairs: rows whose keys A has too few or too many of are read again in the same snapshot.

use super::{Comparison, Summary};
use crate::{
    error::{Result, target},
    keys::context::Context,
    keys::sql::restrict::restrict,
    keys::sql::{DIFFERENCE, REPAIR, SURPLUS},
    source::read::Rows,
    source::watermark::BEGINNING,
    target as table,
    target::upsert::row_by_row,
    target::upsert::sql::{Upsert, copy_in, create_stage},
    target::upsert::{Plan, copy},
};

/// How often differences are read again and compared again in one cycle. A row that moves from one key to another may
/// uncover a difference at the key it leaves.
const ROUNDS: u32 = 3;

/// More keys than these are not listed in a query: everything is read again.
const LISTED: i64 = 100_000;

impl Comparison<'_> {
    /// Reads rows again whose keys A has too few or too many of, and upserts them. Returns the rows written, and the
    /// differences that are left.
    pub(super) async fn repair(&mut self, mut summary: Summary) -> Result<(u64, Summary)> {
        self.batch(&self.keys.create_tried(), "compare keys").await?;
        let mut repaired = 0;
        for round in 1..=ROUNDS {
            let untried = match summary.repairable {
                0 => 0,
                _ => self.number(&self.keys.insert_tried(round)).await?,
            };
            if untried == 0 {
                break;
            }
            let Written { rows, changed } = self.read_again(round, untried).await?;
            repaired += rows;
            if changed {
                summary = self.compare().await?;
            }
        }
        Ok((repaired, summary))
    }

    async fn read_again(&self, round: u32, untried: i64) -> Result<Written> {
        let Context { source, query, plan, .. } = self.context;
        let selects = match self.places() {
            Some(places) if untried <= LISTED => self.restricted(round, &places).await?,
            _ => vec![query.select(BEGINNING, None)],
        };
        let mut written = 0;
        if round == 1 && matches!(plan, Plan::SetBased(_)) {
            self.batch(&create_stage(REPAIR, &query.columns), "create the stage").await?;
        }
        for select in selects {
            let mut rows = Rows::open(source, &select).await?;
            match plan {
                Plan::SetBased(_) => {
                    copy(self.context.target, &copy_in(REPAIR, &[]), &mut rows, |_| true).await?;
                }
                Plan::RowByRow(statement) => {
                    let (client, columns) = (self.context.target, &query.columns);
                    written += row_by_row::run(client, statement, columns, &mut rows, |_| true).await?;
                }
            }
        }
        if let Plan::SetBased(upsert) = plan {
            self.batch(&format!("ANALYZE {REPAIR}"), "repair").await?;
            return self.upsert_again(upsert).await;
        }
        Ok(Written { rows: written, changed: written > 0 })
    }

    /// Upserts the rows that were read again. If one of them takes the place of a row that is to be deleted, that goes first.
    async fn upsert_again(&self, upsert: &Upsert<'_>) -> Result<Written> {
        let Context { job, target: client, .. } = self.context;
        self.batch("SAVEPOINT elt_repair_upsert", "repair").await?;
        // A soft delete that is taken back is no row written.
        let mut changed = upsert.soft;
        let written = match upsert.run(client, job, REPAIR, false).await {
            Err(error) if error.is("23505") => {
                self.batch("ROLLBACK TO SAVEPOINT elt_repair_upsert", "repair").await?;
                let summary = self.summarize().await?;
                if self.held(summary.gone).await?.is_some() {
                    return Err(error);
                }
                changed |= self.delete_gone().await? > 0;
                upsert.run(client, job, REPAIR, false).await
            }
            other => other,
        }?;
        let rows = written.inserted + written.updated;
        Ok(Written { rows, changed: changed || rows > 0 })
    }

    /// The column of SELECT_SOURCE_SQL that fills each key column; `None` if one of them is filled in another way.
    fn places(&self) -> Option<Vec<usize>> {
        let Plan::SetBased(upsert) = self.context.plan else {
            let names = &self.context.query.columns;
            let place = |key: &String| names.iter().position(|column| column.name == *key);
            return self.context.job.key_columns.iter().map(place).collect();
        };
        let place = |key: &table::Column| {
            let place = upsert.listed.iter().position(|column| column.name == key.name)?;
            upsert.parts.values.get(place)?.bare
        };
        self.keys.columns.iter().map(place).collect()
    }

    /// SELECT_SOURCE_SQL restricted to the keys of a round: a query for each pattern of NULLs.
    async fn restricted(&self, round: u32, places: &[usize]) -> Result<Vec<String>> {
        let client = self.context.target;
        // A reads dates in one order and writes them in another if a role says so; M reads ISO in any case.
        self.batch("SAVEPOINT elt_iso; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = postgres", "keys")
            .await?;
        let rows = client.query(&self.keys.select_tried(round), &[]).await.map_err(target("read the keys"))?;
        self.batch("ROLLBACK TO SAVEPOINT elt_iso", "keys").await?;
        let mut selects = Vec::new();
        for rows in rows.chunk_by(|a, b| a.get::<_, i64>(0) == b.get::<_, i64>(0)) {
            let mask = rows.first().map_or(0, |row| row.get::<_, i64>(0));
            let mut values = vec![Vec::with_capacity(rows.len()); places.len()];
            for row in rows {
                for (place, values) in values.iter_mut().enumerate() {
                    values.extend(row.try_get::<_, Option<String>>(place + 1).map_err(target("read the keys"))?);
                }
            }
            let condition = restrict(&self.context.query.columns, places, mask, &values);
            selects.push(self.context.query.select(BEGINNING, Some(&condition)));
        }
        Ok(selects)
    }

    /// Finds rows that their key has too many of. Returns their number.
    pub(super) async fn find_surplus(&self) -> Result<u64> {
        let Plan::SetBased(upsert) = self.context.plan else { return Ok(0) };
        let Some(conflict) = upsert.conflict.as_ref() else { return Ok(0) };
        let step = "look for surplus rows";
        let masks = self.masks(DIFFERENCE).await?;
        self.batch(&self.keys.find_candidates(&masks), step).await?;
        self.batch(&self.keys.find_surplus(upsert, conflict), step).await?;
        Ok(self.number(&format!("SELECT count(*) FROM {SURPLUS}")).await?.unsigned_abs())
    }
}

/// What a repair has written.
struct Written {
    rows: u64,
    /// A has changed in any way.
    changed: bool,
}
