//! Which users a sync compares: those whom operations since the last one touched, or all, a range at a time.

use std::collections::BTreeSet;

use consumer::Failure;
use database::{Row, Statement, Transaction, get, statement};

use super::{
    difference::UserState,
    store::{self, Subscription},
};

const CANDIDATES: Statement = statement!("segments/syncs/select_candidates");
const LAST_USER: Statement = statement!("segments/deliveries/select_last_user");
const DIFFERENCES: Statement = statement!("segments/deliveries/select_differences");
const AUDIENCE: Statement = statement!("segments/deliveries/select_audience");

/// If more operations or users were touched, all users are compared.
const MAX_CANDIDATES: i64 = 10_000;

/// Users that one statement compares at most.
const RANGE: i32 = 100_000;

/// The users that are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// These, in their order.
    Users(Vec<i32>),
    /// Those after one, up to another.
    All { after: i32, last: i32 },
}

/// Users of a scope, and the scope without them.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) states: Vec<UserState>,
    rest: Scope,
}

impl Scope {
    /// All users.
    pub(super) async fn all(transaction: &Transaction) -> Result<Self, Failure> {
        let rows = transaction.query(&LAST_USER, []).await?;
        Ok(Self::All { after: 0, last: rows.first().map_or(Ok(0), |row| get(row, 0))? })
    }

    /// Those whom operations touched that were not visible in `seen`.
    pub(super) async fn since(transaction: &Transaction, segment_id: i32, seen: &str) -> Result<Self, Failure> {
        let rows = transaction.query(&CANDIDATES, [&segment_id, &seen, &MAX_CANDIDATES]).await?;
        let counts: Vec<Option<i64>> = rows.iter().map(|row| get(row, 1)).collect::<Result<_, _>>()?;
        let operations = counts.into_iter().flatten().max().unwrap_or_default();
        let users: BTreeSet<i32> = rows.iter().filter_map(|row| user(row).transpose()).collect::<Result<_, _>>()?;
        let is_cut = operations >= MAX_CANDIDATES || i64::try_from(rows.len()).unwrap_or(i64::MAX) > MAX_CANDIDATES;
        if is_cut { Self::all(transaction).await } else { Ok(Self::Users(users.into_iter().collect())) }
    }

    /// Nobody is left.
    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Users(users) => users.is_empty(),
            Self::All { after, last } => after >= last,
        }
    }

    /// The next users; of all users, those who differ, or with `everybody` also the others. It may be empty although there are more.
    pub(super) async fn page(
        &self,
        transaction: &Transaction,
        subscription: &Subscription,
        limit: usize,
        everybody: bool,
    ) -> Result<Page, Failure> {
        let (users, rest) = match self {
            Self::Users(users) => {
                let (page, rest) = users.split_at(limit.min(users.len()));
                (page.to_vec(), Self::Users(rest.to_vec()))
            }
            Self::All { after, last } => {
                let until = after.saturating_add(RANGE).min(*last);
                let (id, segment, rows) =
                    (subscription.id, subscription.segment_id, i64::try_from(limit).unwrap_or(i64::MAX));
                let statement = if everybody { &AUDIENCE } else { &DIFFERENCES };
                let rows = transaction.query(statement, [&id, &segment, after, &until, &rows]).await?;
                let users: Vec<i32> = rows.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
                let after = users.last().filter(|_| users.len() >= limit).copied().unwrap_or(until);
                (users, Self::All { after, last: *last })
            }
        };
        let states =
            if users.is_empty() { Vec::new() } else { store::states(transaction, subscription, &users).await? };
        Ok(Page { states, rest })
    }

    /// The scope without the first `handled` users of its page.
    pub(super) fn after(self, page: Page, handled: usize) -> Self {
        if handled >= page.states.len() {
            return page.rest;
        }
        let last = handled.checked_sub(1).and_then(|place| page.states.get(place)).map(|state| state.user.user_id);
        match (self, last) {
            (scope, None) => scope,
            (Self::Users(users), Some(user)) => Self::Users(users.into_iter().filter(|left| *left > user).collect()),
            (Self::All { last, .. }, Some(after)) => Self::All { after, last },
        }
    }
}

fn user(row: &Row) -> Result<Option<i32>, Failure> {
    get(row, 0)
}
