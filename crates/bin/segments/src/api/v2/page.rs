//! Pages of lists: keyset pagination with a cursor that fixes the instant of all pages.

use consumer::Failure;
use database::{PgTimestamp, Row, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{cursor::Cursor, instant, problem::Problem};

/// The limit of a request that names none, and the largest one.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// The parameters of a list that can be asked for at an instant and has no filters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::v2) struct PageParameters {
    /// A past instant (RFC 3339); default now.
    as_of: Option<String>,
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The page that a request asks for.
#[derive(Debug)]
pub(super) struct Page {
    list: String,
    limit: usize,
    at: Option<PgTimestamp>,
    key: Option<Vec<i64>>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T> {
    /// In the order of the list.
    items: Vec<T>,
    /// The instant of all pages.
    as_of: Option<String>,
    /// The `cursor` of the next page; null: this page is the last one.
    next: Option<String>,
}

impl PageParameters {
    /// The page of the list with this name: its path.
    pub(super) fn page(&self, list: String) -> Result<Page, Problem> {
        Page::new(list, self.limit, self.cursor.as_deref(), self.as_of.as_deref())
    }
}

impl Page {
    /// The page of the list with this name: its path and its filters.
    pub(super) fn new(
        list: String,
        limit: Option<u32>,
        cursor: Option<&str>,
        as_of: Option<&str>,
    ) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let detail = format!("limit is {limit}; it has to be from 1 to {MAX_LIMIT}");
            return Err(Problem::invalid("invalid_limit", detail));
        }
        let limit = usize::try_from(limit).unwrap_or_default();
        let as_of = as_of.map(|text| instant::field("as_of", text)).transpose()?;
        let Some(text) = cursor else { return Ok(Self { list, limit, at: as_of, key: None }) };
        let cursor = Cursor::decode(text, &list).filter(|cursor| as_of.is_none_or(|as_of| as_of == cursor.at));
        let Cursor { at, key } = cursor.ok_or_else(|| {
            let detail =
                "the cursor is not one of this list; send the `next` of the page before, with the same filters";
            Problem::invalid("invalid_cursor", detail)
        })?;
        Ok(Self { list, limit, at: Some(at), key: Some(key) })
    }

    /// The instant, if it is fixed: a parameter of the statement.
    pub(super) const fn at(&self) -> Option<PgTimestamp> {
        self.at
    }

    /// A number of the key after which the page begins, or `first` on the first page.
    pub(super) fn after(&self, index: usize, first: i64) -> i64 {
        self.key.as_ref().map_or(first, |key| key.get(index).copied().unwrap_or(first))
    }

    /// The same for a column of type `int`.
    pub(super) fn after_id(&self) -> i32 {
        i32::try_from(self.after(0, i64::from(i32::MIN))).unwrap_or(i32::MAX)
    }

    /// The number of rows to read: one more than the page has, to know whether there is another page.
    pub(super) fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or_default() + 1
    }

    /// The page made of rows whose first column is the clock. `item` makes the key and the item of a row; the only row of
    /// an empty page has none.
    pub(super) fn list<T>(
        &self,
        rows: &[Row],
        item: impl Fn(&Row) -> Result<Option<(Vec<i64>, T)>, Failure>,
    ) -> Result<List<T>, Problem> {
        let now = rows.first().map_or(Ok(PgTimestamp::INFINITY), |row| get(row, 0))?;
        not_in_the_future(self.at.unwrap_or(now), now)?;
        let made = rows.iter().map(&item).take_while(|made| !matches!(made, Ok(None))).filter_map(Result::transpose);
        Ok(self.made_of(now, made.collect::<Result<_, Failure>>()?))
    }

    /// The page made of all rows that were read, with their keys.
    pub(super) fn made_of<T>(&self, now: PgTimestamp, mut rows: Vec<(Vec<i64>, T)>) -> List<T> {
        let at = self.at.unwrap_or(now);
        let has_next = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().filter(|_| has_next).map(|(key, _)| key.clone());
        let next = last.map(|key| Cursor { at, key }.encode(&self.list));
        List { items: rows.into_iter().map(|(_, item)| item).collect(), as_of: instant::text(at), next }
    }
}

/// Nobody knows the future.
pub(super) fn not_in_the_future(at: PgTimestamp, now: PgTimestamp) -> Result<(), Problem> {
    if at <= now {
        return Ok(());
    }
    let now = instant::text(now).unwrap_or_default();
    Err(Problem::invalid("as_of_in_the_future", format!("as_of is in the future; it is {now} now")))
}
