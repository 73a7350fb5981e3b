//! One statement outside a transaction block: a read that costs one round trip.

use std::time::Duration;

use consumer::Failure;
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::{
    Parameter, Statement, Transaction,
    error::{failure, no_answer},
    session::Pooled,
};

/// Longer than `statement_timeout` in `session.sql`.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that is closed when it is dropped before its answer has arrived.
struct Busy(Option<Pooled>);

/// Runs a statement that reads. The options of the session stand for the settings of a transaction. A pooler passes no
/// options on, so behind one the statement has a transaction with its settings.
pub(crate) async fn read(
    session: Pooled,
    statement: &Statement,
    parameters: &[&dyn Parameter],
) -> Result<Vec<Row>, Failure> {
    if session.server_info().direct {
        Busy(Some(session)).read(statement, parameters).await
    } else {
        let transaction = Transaction::begin_read_only(session).await?;
        let rows = transaction.query_with(statement, parameters).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

impl Busy {
    async fn read(mut self, statement: &Statement, parameters: &[&dyn Parameter]) -> Result<Vec<Row>, Failure> {
        let answering = async {
            let Some(session) = self.0.as_deref() else { return Ok(Vec::new()) };
            let prepared = session.prepare_cached(statement.sql).await?;
            let values: Vec<_> = parameters.iter().map(|parameter| parameter.value()).collect();
            session.query(&prepared, &values).await
        };
        let answered = timeout(TIMEOUT, answering).await.map_err(|_| no_answer(statement.name, TIMEOUT))?;
        drop(self.0.take());
        answered.map_err(|error| failure(statement.name, &error))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.0.take().map(Pooled::take));
    }
}
