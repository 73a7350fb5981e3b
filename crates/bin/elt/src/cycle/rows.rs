//! The rows and the keys of a cycle: what is read, written, deleted.

use std::time::Duration;

use super::{Cycle, Method, Start};
use crate::{
    error::{Result, target},
    job::DeleteMode,
    keys::{self, context::Context},
    progress::Stage,
    source::read::{self, Rows},
    source::time,
    source::watermark::{BEGINNING, FullRead, Seen},
    state::hashes::Set,
    state::hashes::scan::Scan,
    target::upsert::row_by_row,
    target::upsert::sql::Upsert,
    target::upsert::{Plan, STAGE, Written},
};

/// What the rows of a cycle have left.
pub(super) struct RowsDone {
    pub(super) seen: Seen,
    /// Hashes of what was read, unless they are not needed or must not be kept.
    pub(super) hashes: Option<Set>,
    pub(super) duplicates: u64,
    /// M's clock, for people.
    pub(super) clock: String,
    /// The table was filled by COPY: its keys are compared from the next cycle on.
    copied: bool,
    written: u64,
    /// Why deletes that a row needed were held.
    held: Option<String>,
}

impl Cycle<'_> {
    /// Reads from the bound on and upserts. `hash`: hashes are needed.
    pub(super) async fn rows(
        &mut self,
        context: Context<'_>,
        start: &Start,
        known: Option<&Set>,
        hash: bool,
    ) -> Result<RowsDone> {
        let cursor = context.query.cursor.zip(context.query.watermark);
        let cursor = cursor.map(|(place, kind)| (place, kind, start.reading.local(kind)));
        let limit = hash.then_some(self.options.hash_limit);
        let select = context.query.select(start.bound, start.until.as_deref());
        context.progress.enter(Stage::Rows);
        if self.options.estimate {
            context.progress.expect(read::estimate(self.source, &select).await?);
        }
        let mut done = RowsDone {
            seen: Seen::Clock,
            hashes: None,
            duplicates: 0,
            clock: time::display(start.reading.snapshot.clock),
            copied: false,
            written: 0,
            held: None,
        };
        let scan = match context.plan {
            Plan::RowByRow(_) => {
                let mut scan = Scan::new(known, limit, cursor, context.progress);
                self.row_by_row(context, &select, &mut scan, &mut done).await?;
                scan
            }
            Plan::SetBased(upsert) => {
                let fresh = start.bound == BEGINNING && self.is_empty(&upsert.target.name).await?;
                let mut scan = Scan::new(known, limit, cursor, context.progress);
                if !(fresh && self.copy(upsert, context, &select, &mut scan, &mut done).await?) {
                    scan = Scan::new(known, limit, cursor, context.progress);
                    self.set_based(upsert, context, &select, fresh, &mut scan, &mut done).await?;
                }
                scan
            }
        };
        self.counts.read = scan.read;
        self.counts.unchanged = scan.read.saturating_sub(done.written + done.duplicates);
        done.seen = scan.seen();
        // With duplicates the last of a key is what A holds; a hash does not tell which one it is of.
        done.hashes = scan.into_hashes().filter(|_| done.duplicates == 0);
        Ok(done)
    }

    /// Fills the empty table by COPY. False: it could not be, and is still empty.
    async fn copy(
        &mut self,
        upsert: &Upsert<'_>,
        context: Context<'_>,
        select: &str,
        scan: &mut Scan<'_>,
        done: &mut RowsDone,
    ) -> Result<bool> {
        if self.options.method != Method::Fastest || !upsert.is_copy() {
            return Ok(false);
        }
        let mut rows = Rows::open(self.source, select).await?;
        let Some(count) = upsert.copy(self.target, context.job, &mut rows, |tuple| scan.see(tuple)).await? else {
            return Ok(false);
        };
        failpoint::pass("staged");
        self.counts.inserted += count;
        done.written = count;
        done.copied = count > 0;
        Ok(true)
    }

    async fn set_based(
        &mut self,
        upsert: &Upsert<'_>,
        context: Context<'_>,
        select: &str,
        fresh: bool,
        scan: &mut Scan<'_>,
        done: &mut RowsDone,
    ) -> Result<()> {
        let mut rows = Rows::open(self.source, select).await?;
        if upsert.stage(self.target, &mut rows, |tuple| scan.see(tuple)).await? == 0 {
            return Ok(());
        }
        failpoint::pass("staged");
        context.progress.enter(Stage::Upsert);
        self.savepoint().await?;
        let written = match upsert.run(self.target, context.job, STAGE, fresh).await {
            Err(error) if error.is("23505") && context.job.delete != DeleteMode::Off => {
                self.back().await?;
                self.delete_first(context, done).await?;
                upsert.run(self.target, context.job, STAGE, fresh).await
            }
            other => other,
        };
        let Written { inserted, updated, duplicates } = match written {
            Ok(written) => written,
            Err(error) if error.is_about_data() => {
                self.back().await?;
                return Err(upsert.name_refused(self.target, context.job, STAGE, error).await);
            }
            Err(error) => return Err(error),
        };
        self.counts.inserted += inserted;
        self.counts.updated += updated;
        done.written = inserted + updated;
        done.duplicates = duplicates;
        Ok(())
    }

    async fn row_by_row(
        &mut self,
        context: Context<'_>,
        select: &str,
        scan: &mut Scan<'_>,
        done: &mut RowsDone,
    ) -> Result<()> {
        let Plan::RowByRow(statement) = context.plan else { return Ok(()) };
        let columns = &context.query.columns;
        self.savepoint().await?;
        let mut rows = Rows::open(self.source, select).await?;
        let written = match row_by_row::run(self.target, statement, columns, &mut rows, |tuple| scan.see(tuple)).await {
            Err(error) if error.is("23505") && context.job.delete != DeleteMode::Off => {
                drop(rows);
                self.back().await?;
                self.delete_first(context, done).await?;
                *scan = scan.anew();
                let mut rows = Rows::open(self.source, select).await?;
                row_by_row::run(self.target, statement, columns, &mut rows, |tuple| scan.see(tuple)).await?
            }
            other => other?,
        };
        self.counts.updated += written;
        done.written = written;
        Ok(())
    }

    /// Deletes what is gone from M, because a row of M takes the place of one of these rows.
    async fn delete_first(&mut self, context: Context<'_>, done: &mut RowsDone) -> Result<()> {
        let Some(comparison) = keys::read(context, None).await? else { return Ok(()) };
        match comparison.delete_first().await? {
            Ok(deleted) => self.counts.deleted += deleted,
            Err(held) => done.held = Some(held),
        }
        Ok(())
    }

    /// Compares the keys, unless nothing can have changed.
    pub(super) async fn keys(&mut self, context: Context<'_>, start: &Start, rows: &RowsDone) -> Result<keys::Done> {
        let state = &start.state;
        let asked = start.full_read == Some(FullRead::Asked);
        let waits = |every: Duration| !asked && state.keys_age.is_some_and(|age| age < every.as_secs_f64());
        if context.job.delete == DeleteMode::Off || rows.copied || context.job.delete_every.is_some_and(waits) {
            return Ok(keys::Done::default());
        }
        context.progress.enter(Stage::Keys);
        let quiet = rows.written == 0 && self.counts.deleted == 0 && start.full_read.is_none();
        let before = quiet.then_some((&state.keys, state.keys_age));
        let Some(comparison) = keys::read(context, before).await? else { return Ok(keys::Done::default()) };
        let mut done = comparison.reconcile(state.keys.unresolved.as_deref()).await?;
        self.counts.deleted += done.deleted;
        self.counts.repaired += done.repaired;
        self.counts.missing += done.missing;
        if done.held.is_none() {
            done.held.clone_from(&rows.held);
        }
        Ok(done)
    }

    async fn is_empty(&self, table: &str) -> Result<bool> {
        let query = format!("SELECT NOT EXISTS (SELECT FROM {table})");
        let row = self.target.query_one(&query, &[]).await.map_err(target("look at the table"))?;
        row.try_get(0).map_err(target("look at the table"))
    }

    async fn savepoint(&self) -> Result<()> {
        self.target.batch_execute("SAVEPOINT elt_upsert").await.map_err(target("upsert"))
    }

    async fn back(&self) -> Result<()> {
        self.target.batch_execute("ROLLBACK TO SAVEPOINT elt_upsert").await.map_err(target("upsert"))
    }
}
