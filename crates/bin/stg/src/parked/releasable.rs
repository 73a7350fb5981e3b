//! Which of the names that orders wait for are known by now.

use std::collections::HashSet;

use consumer::{DependencyError, Failure};
use database::{Database, Row, get, statement};
use reference::ReferenceStore;
use tokio::time::Instant;

use super::retry::Retried;
use crate::transform::{Kind, Missing};

/// Goes through the distinct missing names, round and round, so many a round. Names that turn out to be known are kept until
/// no order waits for them: until then nothing more is asked.
#[derive(Debug, Default)]
pub(super) struct ReleasableNames {
    /// The name up to which has been asked; the next question goes on behind it.
    cursor: Option<Missing>,
    known: Vec<Missing>,
}

/// Distinct names asked for in one round. With more of them missing, an order notices its name after as many rounds as it
/// takes to ask for all.
const NAMES_A_ROUND: i64 = 1000;

impl ReleasableNames {
    /// Names that orders wait for and that Redis has.
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

    /// What taking up their orders has shown: names that have vanished again are not known, and if nothing was to be done
    /// for the others, no order waits for them any longer.
    pub(super) fn learn(&mut self, taken: &Retried) {
        if taken.moved == 0 {
            self.known.clear();
        } else {
            self.known.retain(|name| !taken.vanished.contains(name));
        }
    }

    /// The next distinct names that orders wait for. The cursor stays where it is: should asking for these fail, they are the
    /// next again.
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

/// A name; `None`: of a kind that a later release has introduced.
fn read(row: &Row) -> Result<Option<Missing>, Failure> {
    let (id, restaurant_id) = (get(row, 1)?, get(row, 2)?);
    Ok(Kind::read(get(row, 0)?).map(|kind| Missing { kind, id, restaurant_id }))
}

/// Those of the missing names that Redis has now.
async fn known(names: &ReferenceStore, missing: Vec<Missing>) -> Result<Vec<Missing>, Failure> {
    let ids = |of: fn(&Missing) -> Option<&str>| missing.iter().filter_map(of).collect::<HashSet<_>>();
    let users = ids(|name| (name.kind == Kind::User).then_some(name.id.as_str()));
    let restaurants = ids(|name| match name.kind {
        Kind::Payload | Kind::Size | Kind::User => None,
        Kind::Restaurant => Some(name.id.as_str()),
        Kind::Dish => Some(name.restaurant_id.as_str()),
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
