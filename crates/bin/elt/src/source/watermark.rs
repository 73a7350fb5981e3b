//! The watermark: from which value of the cursor column on a cycle reads, and when it reads everything.
//!
//! A cursor column holds the time at which a row was written, not the time at which it became visible. A transaction that
//! is open while a cycle reads commits rows that are older than the newest row of that cycle. So each snapshot leaves an
//! [`Entry`], and the bound comes from the newest entry that no open transaction is older than: whatever commits after the
//! last snapshot got its transaction id, and so wrote, after that entry.
//!
//! Times are microseconds since 2000-01-01, PostgreSQL's own form. `i64::MIN` is `-infinity`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `-infinity`: everything is read.
pub const BEGINNING: i64 = i64::MIN;

/// How long the bound may rest on an old entry before it is worth a warning.
const HELD_BACK: i64 = 3600 * 1_000_000;

/// How many entries are kept. A transaction that stays open for a day leaves 288 of them at five minutes each; fewer of
/// them move the bound in larger steps, which costs reading and loses nothing.
const ENTRIES: usize = 64;

/// The database that a snapshot is of. Transaction ids of another one mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The system identifier: another one after `initdb`.
    pub system: String,
    /// The timeline: another one after a recovery or a failover.
    pub timeline: i64,
    /// The OID of the database: another one when it was created anew and filled from a dump.
    pub database: u32,
}

/// A snapshot of M.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it was taken.
    pub server: Server,
    /// All transactions below have ended.
    pub xmin: u64,
    /// No transaction from this one on had begun to write.
    pub xmax: u64,
    /// M's clock at the snapshot; on a standby the time up to which it has replayed.
    pub clock: i64,
}

/// What a snapshot leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `xmax` of the snapshot.
    pub xmax: u64,
    /// Its clock.
    pub clock: i64,
    /// W: the largest value of the cursor seen so far, in the terms of the column.
    pub value: i64,
    /// The clock at which W was first seen.
    pub since: i64,
}

/// All that is kept of earlier snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// Where the snapshots were taken. `None`: none was.
    pub server: Option<Server>,
    /// `xmin` of the last snapshot.
    pub xmin: u64,
    /// The clock of the last snapshot.
    pub clock: i64,
    /// From the entry that the bound rests on to the newest.
    pub entries: Vec<Entry>,
}

/// Why a cycle reads everything although an earlier one has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullRead {
    /// There is no earlier one.
    First,
    /// M is another server.
    OtherSystem,
    /// M has recovered or failed over.
    OtherTimeline,
    /// M is another database.
    OtherDatabase,
    /// M has gone back: its transaction ids are lower than they were.
    LowerTransactionId,
    /// SELECT_SOURCE_SQL or UPSERT_TARGET_SQL has changed.
    NewTexts,
    /// The target table was not there.
    NewTable,
    /// A person has asked for it.
    Asked,
}

impl FullRead {
    /// Whether M was restored from a backup, or replaced.
    #[must_use]
    pub fn is_restore(self) -> bool {
        matches!(self, Self::OtherSystem | Self::OtherDatabase | Self::LowerTransactionId)
    }

    /// For people.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::First => "first read",
            Self::OtherSystem => "the source is another server (system identifier)",
            Self::OtherTimeline => "the source is on another timeline",
            Self::OtherDatabase => "the source is another database (OID)",
            Self::LowerTransactionId => "the source has gone back (lower transaction id)",
            Self::NewTexts => "SELECT_SOURCE_SQL or UPSERT_TARGET_SQL has changed",
            Self::NewTable => "the target table is new",
            Self::Asked => "asked for",
        }
    }
}

impl Watermark {
    /// Whether the cycle that has taken `snapshot` has to read everything, and why.
    #[must_use]
    pub fn full_read(&self, snapshot: &Snapshot) -> Option<FullRead> {
        let (Some(server), Some(last)) = (&self.server, self.entries.last()) else { return Some(FullRead::First) };
        if server.system != snapshot.server.system {
            Some(FullRead::OtherSystem)
        } else if server.database != snapshot.server.database {
            Some(FullRead::OtherDatabase)
        } else if server.timeline != snapshot.server.timeline {
            Some(FullRead::OtherTimeline)
        } else if snapshot.xmax < last.xmax {
            Some(FullRead::LowerTransactionId)
        } else {
            None
        }
    }

    /// The value from which the next cycle has to read, [`BEGINNING`] for everything.
    ///
    /// `lag` covers what snapshots cannot show: the time from `now()` to the first write of a transaction, and writers
    /// whose clocks differ. It is given only once: a value that has been the largest for that long needs none.
    #[must_use]
    pub fn bound(&self, lag: Duration) -> i64 {
        let Some(entry) = self.resting_on() else { return BEGINNING };
        if entry.value == BEGINNING {
            return BEGINNING;
        }
        let waited = entry.clock.saturating_sub(entry.since).max(0);
        let lag = i64::try_from(lag.as_micros()).unwrap_or(i64::MAX);
        entry.value.saturating_sub(lag.saturating_sub(waited).max(0)).max(BEGINNING + 1)
    }

    /// How long ago, in microseconds, the entry was made that the bound rests on, if that is so long that an open
    /// transaction should be looked for.
    #[must_use]
    pub fn held_back(&self) -> Option<i64> {
        let oldest = self.resting_on().or(self.entries.first())?;
        let age = self.clock.saturating_sub(oldest.clock);
        (age > HELD_BACK).then_some(age)
    }

    /// Adds what a cycle saw in its snapshot.
    ///
    /// `seen`: the largest value of the cursor among the rows read that is not later than `local`. `local`: M's clock in
    /// the terms of the column. W never exceeds it, so that a clock that was ahead, and hours that come twice, lose no
    /// rows for longer than they last.
    pub fn add(&mut self, snapshot: &Snapshot, seen: Seen, local: i64) {
        if self.full_read(snapshot).is_some() {
            self.entries.clear();
        }
        let last = self.entries.last();
        let value = match seen {
            Seen::Clock => local,
            Seen::Column(seen) => last.map_or(BEGINNING, |last| last.value).max(seen.unwrap_or(BEGINNING)).min(local),
        };
        let since = last.filter(|last| last.value == value).map_or(snapshot.clock, |last| last.since);
        self.entries.push(Entry { xmax: snapshot.xmax, clock: snapshot.clock, value, since });
        self.server = Some(snapshot.server.clone());
        self.xmin = snapshot.xmin;
        self.clock = snapshot.clock;
        self.prune();
    }

    /// The newest entry that every transaction still open at the last snapshot came after.
    fn resting_on(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.xmax <= self.xmin)
    }

    /// Drops the entries before the one that the bound rests on, and thins out those after it.
    fn prune(&mut self) {
        let first = self.entries.iter().rposition(|entry| entry.xmax <= self.xmin).unwrap_or(0);
        self.entries.drain(..first);
        if self.entries.len() > ENTRIES {
            let (mut place, newest) = (0, self.entries.len() - 1);
            self.entries.retain(|_| {
                let keep = place % 2 == 0 || place == newest;
                place += 1;
                keep
            });
        }
    }
}

/// The cursor as a cycle has seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The cursor column is not selected as it is: M's clock stands for it.
    Clock,
    /// Its largest value, if a row has one.
    Column(Option<i64>),
}

#[cfg(test)]
mod tests;
