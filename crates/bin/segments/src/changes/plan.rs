//! The plan of a change of one user's memberships: which rows are closed, opened or end at another time. Pure.

use std::collections::BTreeMap;

use database::PgTimestamp;
use uuid::Uuid;

/// The status of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A user like any other.
    Active,
    /// Automatic segments do not take the user.
    Excluded,
    /// Deleted. The row stays.
    Removed,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub id: i32,
    /// The id for others.
    pub guid: Uuid,
    /// The status.
    pub status: Status,
}

/// A user, as a request names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By number.
    Id(i32),
    /// By id for others.
    Guid(Uuid),
    /// By id in the source.
    Source(String),
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The number.
    pub id: i32,
    /// The name.
    pub name: String,
    /// Whether it is not deleted.
    pub is_alive: bool,
    /// Whether it is refreshed.
    pub refresh_auto: bool,
    /// Whether its members are the users with a tag.
    pub is_tag: bool,
}

/// A membership that is not closed. Its time may be over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its id.
    pub id: i64,
    /// Its begin.
    pub start: PgTimestamp,
    /// Its end.
    pub end: PgTimestamp,
    /// Whether a refresh opened it.
    pub by_refresh: bool,
}

/// The user and a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The segment.
    pub segment: Segment,
    /// The open membership.
    pub open: Option<Open>,
    /// The latest end of a closed membership.
    pub last_end: Option<PgTimestamp>,
}

/// The locked state on which a change decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The user. `None`: there is none.
    pub user: Option<User>,
    /// The segments of the change that exist.
    pub pairs: Vec<Pair>,
    /// The clock, read after the locks.
    pub now: PgTimestamp,
}

/// What is wanted of the user and a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To be a member until then, from now on or still.
    Join {
        /// The segment.
        segment_id: i32,
        /// The end.
        end: PgTimestamp,
    },
    /// To be no member.
    Leave {
        /// The segment.
        segment_id: i32,
    },
}

/// A membership to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The segment.
    pub segment_id: i32,
    /// The begin.
    pub start: PgTimestamp,
    /// The end. Not after the begin: the membership is recorded, and never was one.
    pub end: PgTimestamp,
}

/// The rows that change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Memberships whose time is over, by segment: id and end, which stays.
    pub expire: BTreeMap<i32, (i64, PgTimestamp)>,
    /// Memberships that are closed, by segment: id and end.
    pub close: BTreeMap<i32, (i64, PgTimestamp)>,
    /// Memberships that stay open and end at another time, by segment: id and end.
    pub set_end: BTreeMap<i32, (i64, PgTimestamp)>,
    /// Memberships that begin.
    pub open: Vec<Opening>,
}

impl Plan {
    /// Whether it changes anything but memberships whose time is over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.close.is_empty() && self.set_end.is_empty() && self.open.is_empty()
    }

    /// The segments whose members it changes.
    #[must_use]
    pub fn segments(&self) -> Vec<i32> {
        let opened = self.open.iter().map(|opening| opening.segment_id);
        self.close.keys().chain(self.set_end.keys()).copied().chain(opened).collect()
    }
}

impl Pair {
    /// Whether the user is a member at this instant.
    #[must_use]
    pub fn is_member(&self, now: PgTimestamp) -> bool {
        self.open.as_ref().is_some_and(|open| now < open.end)
    }

    /// Whether the user is a member whom no request may take out.
    #[must_use]
    pub fn is_managed(&self, now: PgTimestamp) -> bool {
        self.is_member(now) && self.segment.refresh_auto && self.open.as_ref().is_some_and(|open| open.by_refresh)
    }
}

impl State {
    /// The segment with this name.
    #[must_use]
    pub fn pair(&self, name: &str) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.segment.name == name)
    }
}

impl Who {
    /// The id, the guid and the id in the source, one of which is known: parameters of statements.
    #[must_use]
    pub fn ids(&self) -> (Option<i32>, Option<Uuid>, Option<&str>) {
        match self {
            Self::Id(id) => (Some(*id), None, None),
            Self::Guid(guid) => (None, Some(*guid), None),
            Self::Source(source_id) => (None, None, Some(source_id)),
        }
    }
}

impl Wish {
    const fn segment_id(self) -> i32 {
        match self {
            Self::Join { segment_id, .. } | Self::Leave { segment_id } => segment_id,
        }
    }
}

/// The rows that change. A wish about a removed user, a deleted segment or a managed membership changes nothing: a caller
/// that wants to tell looks at the state first.
#[must_use]
pub fn plan(state: &State, wishes: &[Wish]) -> Plan {
    let mut plan = Plan::default();
    if state.user.as_ref().is_none_or(|user| user.status == Status::Removed) {
        return plan;
    }
    for wish in wishes {
        let Some(pair) = state.pairs.iter().find(|pair| pair.segment.id == wish.segment_id()) else { continue };
        let is_allowed = pair.segment.is_alive && !pair.is_managed(state.now);
        if is_allowed {
            plan.add(pair, *wish, state.now);
        }
    }
    plan
}

impl Plan {
    fn add(&mut self, pair: &Pair, wish: Wish, now: PgTimestamp) {
        let segment_id = pair.segment.id;
        let over = pair.open.as_ref().filter(|open| open.end <= now);
        if let Some(open) = over {
            self.expire.insert(segment_id, (open.id, open.end));
        }
        let current = pair.open.as_ref().filter(|open| now < open.end);
        // Not before the last membership ended, should the clock have been set back.
        let last_end = over.map(|open| open.end).max(pair.last_end);
        let start = last_end.map_or(now, |last_end| last_end.max(now));
        match (wish, current) {
            (Wish::Join { end, .. }, None) => self.open.push(Opening { segment_id, start, end }),
            (Wish::Join { end, .. }, Some(open)) if end > now.max(open.start) => {
                if end != open.end {
                    self.set_end.insert(segment_id, (open.id, end));
                }
            }
            (Wish::Join { .. } | Wish::Leave { .. }, Some(open)) => {
                self.close.insert(segment_id, (open.id, now.max(open.start)));
            }
            (Wish::Leave { .. }, None) => {}
        }
    }
}

#[cfg(test)]
mod tests;
