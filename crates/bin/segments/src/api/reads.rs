//! Answers made of the rows of one statement, streamed: their length is not bounded, the memory is.

use std::io;

use axum::body::{Body, Bytes};
use consumer::Failure;
use database::{Database, Parameter, Row, Rows, Statement, Transaction};
use futures_util::stream::try_unfold;

/// What an answer is made of.
pub(crate) trait Render: Send + Sync + 'static {
    /// What comes before the rows.
    fn begin(&mut self, out: &mut String);

    /// A row.
    ///
    /// # Errors
    /// The schema is another one.
    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure>;

    /// What comes after the rows.
    fn end(&mut self, out: &mut String);
}

/// Size of a part in bytes, from which it is sent.
const PART: usize = 16 << 10;

struct Answer<R> {
    transaction: Transaction,
    rows: Rows,
    render: R,
    /// The rest is sent after the request has been answered, so its id is kept.
    request_id: String,
}

/// Runs a statement, and returns the answer once it has begun to answer: an error until then is an error of the request.
/// A later one ends the response before its end, which the client notices.
pub(crate) async fn stream<R: Render>(
    database: &Database,
    statement: &Statement,
    parameters: &[&dyn Parameter],
    mut render: R,
) -> Result<Body, Failure> {
    let transaction = database.begin_stream().await?;
    let rows = transaction.stream(statement, parameters).await?;
    let mut first = String::new();
    render.begin(&mut first);
    let request_id = http::request_id().unwrap_or_default();
    let mut answer = Answer { transaction, rows, render, request_id };
    let more = answer.fill(&mut first).await?;
    let rest = if more { Some(answer) } else { end(answer).await };
    let stream = try_unfold((Some(first), rest), async |(first, answer)| {
        if let Some(first) = first {
            return Ok(Some((Bytes::from(first), (None, answer))));
        }
        let Some(mut answer) = answer else { return Ok(None) };
        let mut part = String::new();
        let more = answer.fill(&mut part).await.map_err(|failure| {
            tracing::warn!(request_id = answer.request_id, error = %failure, "a response was ended before its end");
            io::Error::other("the database does not answer")
        })?;
        let rest = if more { Some(answer) } else { end(answer).await };
        Ok::<_, io::Error>(Some((Bytes::from(part), (None, rest))))
    });
    Ok(Body::from_stream(stream))
}

/// Gives the connection back.
async fn end<R>(answer: Answer<R>) -> Option<Answer<R>> {
    let Answer { transaction, rows, .. } = answer;
    drop(rows);
    // All rows have arrived. If the connection is lost now, it is replaced.
    let _ = transaction.rollback().await;
    None
}

impl<R: Render> Answer<R> {
    /// Adds rows until the part is large enough. Returns whether there are more.
    async fn fill(&mut self, part: &mut String) -> Result<bool, Failure> {
        while part.len() < PART {
            match self.rows.next().await? {
                Some(row) => self.render.row(&row, part)?,
                None => {
                    self.render.end(part);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The answer made of rows in memory.
pub(crate) fn render(rows: &[Row], mut render: impl Render) -> Result<String, Failure> {
    let mut out = String::new();
    render.begin(&mut out);
    rows.iter().try_for_each(|row| render.row(row, &mut out))?;
    render.end(&mut out);
    Ok(out)
}
