//! Floors: the time in which PostgreSQL copies the same rows to itself, and reads the same keys.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use workload::master::Table;

use super::servers::Servers;

/// F: the rows of M as they are, by binary COPY into an empty table of A with the same key. Seconds.
pub(super) async fn copy(servers: &Servers) -> Result<f64> {
    servers.target.batch_execute("DROP TABLE IF EXISTS elt_floor").await?;
    let columns = Table::Orders.columns();
    servers.target.batch_execute(&definition()).await?;
    servers.checkpoint().await?;
    let began = Instant::now();
    let select = format!("COPY (SELECT {} FROM orders) TO STDOUT (FORMAT binary)", columns.join(", "));
    let mut rows = Box::pin(servers.source.copy_out(&select).await?);
    let sink = servers.target.copy_in("COPY elt_floor FROM STDIN (FORMAT binary)").await?;
    let mut sink = Box::pin(sink);
    while let Some(chunk) = rows.next().await {
        sink.feed(chunk?).await?;
    }
    let copied = sink.as_mut().finish().await.context("the floor")?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(copied == servers.rows(), "{copied} rows were copied");
    servers.target.batch_execute("DROP TABLE elt_floor").await?;
    Ok(seconds)
}

/// K: the keys of M, read and thrown away. Seconds.
pub(super) async fn keys(servers: &Servers) -> Result<f64> {
    let began = Instant::now();
    let copy = servers.source.copy_out("COPY (SELECT shop_id, receipt FROM orders) TO STDOUT (FORMAT binary)").await?;
    let mut keys = Box::pin(copy);
    while let Some(chunk) = keys.next().await {
        chunk?;
    }
    Ok(began.elapsed().as_secs_f64())
}

/// The table of the job file under another name.
fn definition() -> String {
    let [_, definition] =
        Table::Orders.definition().split_once("CREATE TABLE orders").map_or(["", ""], |(a, b)| [a, b]);
    let columns = definition.split_once(");").map_or("", |(columns, _)| columns);
    format!("CREATE TABLE elt_floor {columns})")
}
