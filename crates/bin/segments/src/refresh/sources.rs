//! Sources of segments: a query that returns when they were loaded, and how old they may be.

use consumer::Failure;
use database::{Database, Row, Statement, get, statement};

use super::{
    Refresher,
    fresh::{Age, Freshness, judge},
    login::{Login, SqlError},
    query,
};

const UPSERT: Statement = statement!("segments/sources/upsert_source");
const DELETE: Statement = statement!("segments/sources/delete_source");
const SELECT: Statement = statement!("segments/sources/select_sources");

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name.
    pub name: String,
    /// A query that returns one time: when it was loaded.
    pub loaded_at_query: String,
    /// Seconds after which it is warned.
    pub warn_after: Option<i64>,
    /// Seconds after which it is stale.
    pub error_after: Option<i64>,
}

/// The result of deleting a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is deleted.
    Yes,
    /// There is none with this name.
    Unknown,
    /// An alive segment needs it.
    Needed,
}

impl Refresher {
    /// All sources, by name.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sources(&self) -> Result<Vec<Source>, Failure> {
        select(&self.database, None).await
    }

    /// A source by name.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn source(&self, name: &str) -> Result<Option<Source>, Failure> {
        Ok(select(&self.database, Some(&[name])).await?.pop())
    }

    /// Creates a source, or changes the one with this name.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn set_source(&self, source: &Source) -> Result<(), Failure> {
        let Source { name, loaded_at_query, warn_after, error_after } = source;
        let transaction = self.database.begin_change().await?;
        transaction.execute(&UPSERT, [name, loaded_at_query, warn_after, error_after]).await?;
        transaction.commit().await
    }

    /// Deletes a source.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn delete_source(&self, name: &str) -> Result<Deleted, Failure> {
        let is_known = self.source(name).await?.is_some();
        let transaction = self.database.begin_change().await?;
        let deleted = transaction.execute(&DELETE, [&name]).await? > 0;
        transaction.commit().await?;
        Ok(match (deleted, is_known) {
            (true, _) => Deleted::Yes,
            (false, true) => Deleted::Needed,
            (false, false) => Deleted::Unknown,
        })
    }

    /// Judges the sources of a segment. The inner error is that of a source which cannot be asked.
    pub(super) async fn freshness(&self, names: &[String]) -> Result<Result<Freshness, SqlError>, Failure> {
        if names.is_empty() {
            return Ok(Ok(Freshness::Fresh(None)));
        }
        let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let sources = select(&self.database, Some(&wanted)).await?;
        if let Some(name) = names.iter().find(|name| !sources.iter().any(|source| source.name == **name)) {
            return Ok(Err(SqlError(format!("the source {name} does not exist"))));
        }
        let Some(login) = &self.login else { return Ok(Err(no_login())) };
        Ok(self.ask(login, &sources).await.map(|ages| judge(&ages)))
    }

    async fn ask(&self, login: &Login, sources: &[Source]) -> Result<Vec<Age>, SqlError> {
        let mut ages = Vec::new();
        for source in sources {
            // A connection each: a statement that fails leaves its transaction behind.
            let connection = login.open(self.timeout).await?;
            let seconds = query::age(&connection, &source.loaded_at_query).await;
            let seconds = seconds.map_err(|SqlError(error)| SqlError(format!("source {}: {error}", source.name)))?;
            let (name, warn_after, error_after) = (source.name.clone(), source.warn_after, source.error_after);
            ages.push(Age { name, seconds, warn_after, error_after });
        }
        Ok(ages)
    }
}

/// No SQL of people runs.
pub(super) fn no_login() -> SqlError {
    SqlError("REFRESH_DATABASE_URL is not set, so no SQL of segments and sources runs".to_owned())
}

async fn select(database: &Database, names: Option<&[&str]>) -> Result<Vec<Source>, Failure> {
    let rows = database.read(&SELECT, &[&names]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Source, Failure> {
    Ok(Source {
        name: get(row, 0)?,
        loaded_at_query: get(row, 1)?,
        warn_after: get(row, 2)?,
        error_after: get(row, 3)?,
    })
}
