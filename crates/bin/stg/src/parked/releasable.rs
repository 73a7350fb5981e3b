//! Search for missing names that have become available in Redis.

use std::collections::HashSet;

use consumer::{DependencyError, Failure};
use database::{Database, Row, get, statement};
use reference::ReferenceStore;
use tokio::time::Instant;

use super::retry::Retried;
use crate::transform::{Kind, Missing};

/// Looks up the distinct missing names round-robin, a limited number per round. Names found are kept until no order
/// waits for them; until then no more names are looked up.
#[derive(Debug, Default)]
pub(super) struct ReleasableNames {
    /// The last name looked up; the next round continues after it.
    cursor: Option<Missing>,
    known: Vec<Missing>,
}

/// Maximum number of distinct names looked up in one round. If more are missing, several rounds pass before all are
/// looked up.
const NAMES_A_ROUND: i64 = 1000;

impl ReleasableNames {
    /// Names that orders wait for and that Redis now has.
    pub(super) async fn known(&mut self, database: &Database, names: &ReferenceStore) -> Result<&[Missing], Failure> {
        if self.known.is_empty() {
            let rows = self.next(database).await?;
            let missing = rows.iter().map(read).filter_map(Result::transpose);
            self.known = known(names, missing.collect::<Result<_, Failure>>()?).await?;
            let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= NAMES_A_ROUND);
            self.cursor = rows.last().filter(|_| is_full).map(read).transpose()?.flatten();
        }
        Ok(&self.known)
    }

    /// Updates the found names after their orders were retried. Names that have vanished again are dropped; if no order
    /// was retried, no order waits for the others any longer.
    pub(super) fn learn(&mut self, taken: &Retried) {
        if taken.moved == 0 {
            self.known.clear();
        } else {
            self.known.retain(|name| !taken.vanished.contains(name));
        }
    }

    /// The next distinct missing names. The cursor is not moved, so that the same names are next if the lookup fails.
    async fn next(&self, database: &Database) -> Result<Vec<Row>, Failure> {
        let transaction = database.begin_batch().await?;
        let after = self.cursor.as_ref();
        let after = after.map_or(("", "", ""), |name| (name.kind.as_str(), &name.id, &name.restaurant_id));
        let parameters: database::Parameters<'_, 4> = [&after.0, &after.1, &after.2, &NAMES_A_ROUND];
        let rows = transaction.query(&statement!("stg/parked/select_missing_names"), parameters).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

/// Reads a name; `None` if its kind was introduced by a later version.
fn read(row: &Row) -> Result<Option<Missing>, Failure> {
    let (id, restaurant_id) = (get(row, 1)?, get(row, 2)?);
    Ok(Kind::read(get(row, 0)?).map(|kind| Missing { kind, id, restaurant_id }))
}

/// The subset of the missing names that Redis has now.
async fn known(names: &ReferenceStore, missing: Vec<Missing>) -> Result<Vec<Missing>, Failure> {
    let ids = |of: fn(&Missing) -> Option<&str>| missing.iter().filter_map(of).collect::<HashSet<_>>();
    let users = ids(|name| (name.kind == Kind::User).then_some(name.id.as_str()));
    let restaurants = ids(|name| match name.kind {
        Kind::Payload | Kind::Size | Kind::User => None,
        Kind::Restaurant => Some(name.id.as_str()),
        Kind::Product => Some(name.restaurant_id.as_str()),
    });
    let (users, restaurants): (Vec<_>, Vec<_>) = (users.into_iter().collect(), restaurants.into_iter().collect());
    let mut known = vec![false; missing.len()];
    let look = names.visit(&users, &restaurants, Instant::now().into_std(), |lookup| {
        for (known, name) in known.iter_mut().zip(&missing) {
            *known |= name.is_known(lookup);
        }
    });
    look.await.map_err(|error| DependencyError::new(crate::REDIS, error))?;
    Ok(missing.into_iter().zip(known).filter_map(|(name, known)| known.then_some(name)).collect())
}
