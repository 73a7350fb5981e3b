//! Backfills: the rows of a range of the cursor are upserted again. Nothing is deleted, and the watermark stays.

use super::{Cycle, Options, Servers, Start, Texts, create};
use crate::{
    error::{Error, Result, source, target},
    job::{DeleteMode, Job},
    outcome::{Outcome, Status},
    source::{query::Query, read, time},
    state,
};

/// A range of the cursor, both ends included: microseconds since 2000-01-01, in the terms of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its beginning.
    pub from: i64,
    /// Its end; `None`: there is none.
    pub to: Option<i64>,
}

/// Rows were written without a comparison of keys, and hashes of the last cycle may be of rows that A no longer holds.
const UPDATE: &str = include_str!("../../../../../sql/elt/state/update_backfilled.sql");

/// Upserts the rows of a range.
pub async fn backfill(job: &Job, servers: Servers<'_>, options: &Options, range: Range) -> Outcome {
    // Without deletes, a row that takes the place of another one is an error.
    let job = Job { delete: DeleteMode::Off, ..job.clone() };
    let mut cycle = Cycle::of(&job, servers.source, servers.target, options);
    match cycle.backfill(range).await {
        Ok(outcome) => outcome,
        Err(error) => cycle.failed(error).await,
    }
}

impl Cycle<'_> {
    async fn backfill(&mut self, range: Range) -> Result<Outcome> {
        self.target.batch_execute(&self.begin()).await.map_err(target("begin"))?;
        self.name = crate::target::name(self.target, &self.job.target).await?;
        if !state::lock(self.target, &self.name).await? {
            return self.elsewhere().await;
        }
        let (state, texts) = (state::load(self.target, &self.name).await?, Texts::of(self.job));
        let (table, _) = create(self.target, self.job, state.create_hash.as_ref() == Some(&texts.create)).await?;
        let reading = read::begin(self.source, self.job.timeout).await?;
        let query = Query::source(self.source, &self.job.select_source).await?;
        let until = until(&query, range).map_err(|error| error.at("SELECT_SOURCE_SQL", self.job.select_source.line))?;
        // `column > %s` leaves out the beginning itself; of a date a day is taken off anyway.
        let bound = if query.watermark == Some(time::Kind::Date) { range.from } else { range.from.saturating_sub(1) };
        let watermark = state.watermark.clone();
        let start = Start { state, texts, reading, full_read: None, watermark, bound, until };
        let plan = self.plan(&query, &table).await?;
        let context = self.context(&query, &table, &plan);
        self.rows(context, &start, None, false).await?;
        self.end_backfill(range).await
    }

    async fn end_backfill(&mut self, range: Range) -> Result<Outcome> {
        let to = range.to.map_or(String::new(), |to| format!(" to {}", time::display(to)));
        self.notes.push(format!("backfill from {}{to}", time::display(range.from)));
        let outcome = Outcome {
            counts: self.counts.clone(),
            notes: self.notes.clone(),
            seconds: self.started.elapsed().as_secs_f64(),
            ..Outcome::new(Status::Ok)
        };
        if outcome.counts.changed() > 0 {
            self.target.execute(UPDATE, &[&self.name]).await.map_err(target("write the state"))?;
        }
        state::record(self.target, &self.name, self.job, &outcome).await?;
        self.source.batch_execute("DEALLOCATE ALL; COMMIT").await.map_err(source("end the snapshot"))?;
        self.target.batch_execute("DEALLOCATE ALL").await.map_err(target("commit"))?;
        self.target.batch_execute("COMMIT").await.map_err(target("commit"))?;
        Ok(outcome)
    }
}

/// The condition that ends the range.
fn until(query: &Query, range: Range) -> Result<Option<String>> {
    let Some(kind) = query.watermark else {
        return Err(Error::job("there is no %s, so the query has no range: run `resync` instead"));
    };
    let Some(to) = range.to else { return Ok(None) };
    let Some(column) = query.cursor else {
        return Err(Error::job(
            "the column compared with %s is not selected as it is, so --to cannot be applied: leave it out",
        ));
    };
    Ok(Some(format!("s.c{} <= {}", column + 1, kind.exact(to))))
}
