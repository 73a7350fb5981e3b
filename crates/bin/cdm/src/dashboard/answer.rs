//! Dashboard data as JSON, read from PostgreSQL.

use std::collections::BTreeMap;

use consumer::Failure;
use database::{Database, Parameter, Statement, Transaction, get, statement};
use futures_util::future::try_join_all;
use http::{ApiError, Body};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    data_request::DataRequest,
    filter_value::FilterValue,
    queries::{ChartQuery, Filter, Queries},
};

/// Body of the response.
#[derive(Serialize)]
struct Answer<'a> {
    /// Time of the last refresh of the summary, Moscow time.
    as_of: String,
    /// The rows of each chart, by its id: arrays of the values of its fields, numeric as text.
    charts: BTreeMap<&'a str, Box<RawValue>>,
    /// The choices of each selector, by its id: texts, or the first and the last day.
    choices: BTreeMap<&'a str, Box<RawValue>>,
}

/// Maximum size of a response in bytes. Limits of charts and names keep the data of a tab below it.
const MAX_BYTES: usize = 1 << 20;

/// Runs all queries over one connection, pipelined.
pub(super) async fn read(database: &Database, queries: &Queries, data_request: &DataRequest) -> Result<Body, ApiError> {
    let transaction = database.begin_read_only().await?;
    let charts = data_request.tabs(queries).flat_map(|tab| &tab.charts);
    let selectors = data_request.tabs(queries).flat_map(|tab| &tab.selectors);
    let charts =
        charts.map(async |chart| Ok((chart.id.as_str(), rows(&transaction, chart, &data_request.chosen).await?)));
    let choices = selectors.map(async |Filter { id, choices, .. }| {
        Ok::<_, ApiError>((id.as_str(), json(&transaction, choices, &[]).await?))
    });
    let (as_of, charts, choices) =
        futures_util::try_join!(as_of(&transaction), try_join_all(charts), try_join_all(choices))?;
    transaction.commit().await?;
    let answer = Answer { as_of, charts: charts.into_iter().collect(), choices: choices.into_iter().collect() };
    let answer = serde_json::to_vec(&answer).unwrap_or_else(|error| unreachable!("texts become JSON: {error}"));
    if answer.len() > MAX_BYTES {
        return Err(ApiError::Malformed("the data of all tabs is larger than 1 MiB: ask for one `tab`".to_owned()));
    }
    Ok(Body::new("application/json", answer))
}

async fn as_of(transaction: &Transaction) -> Result<String, ApiError> {
    let rows = transaction.query(&statement!("cdm/summary/select_summary_moment"), []).await?;
    Ok(rows.first().map(|row| get(row, 0)).transpose()?.unwrap_or_default())
}

async fn rows(
    transaction: &Transaction,
    chart: &ChartQuery,
    chosen: &BTreeMap<String, FilterValue>,
) -> Result<Box<RawValue>, ApiError> {
    let (statement, choices) = chart.filtered(chosen);
    let parameters: Vec<_> = choices.into_iter().flat_map(FilterValue::parameters).collect();
    json(transaction, statement, &parameters).await
}

/// Runs a query that returns one JSON text.
async fn json(
    transaction: &Transaction,
    statement: &Statement,
    parameters: &[&dyn Parameter],
) -> Result<Box<RawValue>, ApiError> {
    let rows = transaction.query_with(statement, parameters).await?;
    let text = rows.first().map(|row| get::<String>(row, 0)).transpose()?.unwrap_or_else(|| "null".to_owned());
    Ok(RawValue::from_string(text)
        .map_err(|error| Failure::from(consumer::DependencyError::new(database::POSTGRES, error)))?)
}
