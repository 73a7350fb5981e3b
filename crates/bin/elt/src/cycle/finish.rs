//! The end of a cycle: state, run, COMMIT, what a person should know, Redis.

use redis::aio::MultiplexedConnection;

use super::{Cycle, Start, rows::RowsDone};
use crate::{
    error::{Result, source, target},
    keys,
    outcome::{Outcome, Status},
    progress::Stage,
    source::query::Query,
    source::time,
    source::watermark::{BEGINNING, FullRead},
    state::hashes::Set,
    state::hashes::cache::{self, Found, Told},
    state::{self, Compared, Next},
};

impl Cycle<'_> {
    /// Writes the state and the run, and commits. Returns the token if it is new.
    pub(super) async fn finish(
        &mut self,
        start: &Start,
        query: &Query,
        rows: &RowsDone,
        compared: keys::Done,
        hashes_changed: bool,
    ) -> Result<(Outcome, Option<String>)> {
        self.options.progress.enter(Stage::Finishing);
        let Start { reading, .. } = start;
        let mut watermark = start.watermark.clone();
        let local = query.watermark.map_or(reading.snapshot.clock, |kind| reading.local(kind));
        watermark.add(&reading.snapshot, rows.seen, local);
        let bound = watermark.bound(self.job.lag);
        self.tell(start, rows, &compared);
        let mut outcome = Outcome::new(if compared.held.is_some() { Status::Held } else { Status::Ok });
        outcome.counts = self.counts.clone();
        outcome.full_read = start.full_read;
        outcome.watermark = Some(time::display(bound));
        outcome.watermark_time = (bound != BEGINNING).then(|| time::unix(reading.snapshot.clock - (local - bound)));
        #[expect(clippy::cast_precision_loss, reason = "seconds of a duration")]
        let seconds = |micros: i64| micros as f64 / 1e6;
        outcome.held_back = watermark.held_back().map(seconds);
        outcome.notes.clone_from(&self.notes);
        outcome.seconds = self.started.elapsed().as_secs_f64();
        let changed = self.counts.changed() > 0 || hashes_changed || bound != start.bound;
        let note = outcome.note();
        // Rows that were written without a comparison: the keys of the last one say nothing of this table.
        let forgotten = Compared::default();
        let compared = compared.compared.as_ref().or((self.counts.changed() > 0).then_some(&forgotten));
        let next = Next {
            watermark: &watermark,
            changed,
            create_hash: &start.texts.create,
            query_hash: &start.texts.query,
            compared,
            status: outcome.status.name(),
            note: note.as_deref(),
            instance: &self.options.instance,
        };
        if self.options.dry_run {
            outcome.changes = self.captured().await?;
            self.source.batch_execute("ROLLBACK").await.map_err(source("end the snapshot"))?;
            self.target.batch_execute("ROLLBACK").await.map_err(target("roll back"))?;
            return Ok((outcome, None));
        }
        let token = state::store(self.target, &self.name, self.job, &next).await?;
        state::record(self.target, &self.name, self.job, &outcome).await?;
        self.source.batch_execute("DEALLOCATE ALL; COMMIT").await.map_err(source("end the snapshot"))?;
        failpoint::pass("recorded");
        // Named statements outlive the transaction, and behind a pooler the session is somebody else's then.
        self.target.batch_execute("DEALLOCATE ALL").await.map_err(target("commit"))?;
        self.target.batch_execute("COMMIT").await.map_err(target("commit"))?;
        Ok((outcome, changed.then_some(token)))
    }

    /// Notes what a person should know.
    fn tell(&mut self, start: &Start, rows: &RowsDone, compared: &keys::Done) {
        if let Some(held) = &compared.held {
            let name = &self.job.name;
            self.notes.push(format!("deletes held: {held}; `run {name} --allow-deletes` allows them once"));
        }
        if let Some(reason) = start.full_read.filter(|reason| !matches!(reason, FullRead::First | FullRead::Asked)) {
            self.notes.push(format!("read in full: {}", reason.describe()));
        }
        if rows.duplicates > 0 {
            let count = rows.duplicates;
            self.notes.push(format!("{count} rows share a conflict key with a later one, which was taken"));
        }
        if compared.missing > 0 {
            let count = compared.missing;
            self.notes.push(format!("{count} keys of SELECT_KEYS_SQL are not among the rows of SELECT_SOURCE_SQL"));
        }
        if compared.surplus > 0 {
            let count = compared.surplus;
            self.notes
                .push(format!("{count} rows share their keys with rows of the source and cannot be told from them"));
        }
    }

    /// The hashes that Redis holds; `None` without Redis.
    pub(super) async fn load_hashes(
        &mut self,
        redis: Option<&mut MultiplexedConnection>,
        start: &Start,
    ) -> Option<Found> {
        let trusted = !matches!(
            start.full_read,
            Some(FullRead::NewTexts | FullRead::NewTable | FullRead::First | FullRead::Asked)
        );
        let token = start.state.token.as_deref().filter(|_| trusted);
        match cache::load(redis?, &self.name, token).await {
            Ok(found) => Some(found),
            Err(error) => {
                self.notes.push(format!("Redis is away: {error}"));
                None
            }
        }
    }

    pub(super) async fn store_hashes(
        &self,
        redis: &mut MultiplexedConnection,
        found: Found,
        token: &str,
        rows: &RowsDone,
        mut outcome: Outcome,
    ) -> Outcome {
        let told = Told {
            token,
            watermark: outcome.watermark.as_deref().unwrap_or_default(),
            updated_at: &rows.clock,
            rows: outcome.counts.read,
        };
        let none = Set::default();
        let hashes = rows.hashes.as_ref().unwrap_or(&none);
        if let Err(error) = cache::store(redis, &self.name, &told, found, hashes).await {
            outcome.notes.push(format!("Redis is away: {error}"));
        }
        failpoint::pass("cached");
        outcome
    }
}
