//! Comparison of a table of PostgreSQL with the model, row by row.

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tokio_postgres::Client;

use super::model::Model;
use super::table::Table;

/// Compares a table with the model. Returns one line per row that is missing, extra or different. No other column of the
/// table is looked at.
///
/// # Errors
/// If PostgreSQL does not answer.
pub async fn compare(client: &Client, table: Table, model: &Model) -> Result<Vec<String>> {
    client.batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'").await?;
    let (columns, id) = (table.columns().join(", "), table.columns()[0]);
    let copy = format!("COPY (SELECT {columns} FROM {} ORDER BY {id}) TO STDOUT", table.name());
    let stream = client.copy_out(&copy).await.with_context(|| copy.clone())?;
    let mut stream = std::pin::pin!(stream.map_err(anyhow::Error::from).boxed());
    let mut comparison = Comparison { table, expected: model.rows(table).peekable(), differences: Vec::new() };
    let mut rest = Vec::new();
    while let Some(chunk) = stream.next().await {
        comparison.take(&mut rest, &chunk?)?;
    }
    Ok(comparison.finish())
}

struct Comparison<'m, I: Iterator<Item = (i64, &'m super::Row)>> {
    table: Table,
    expected: std::iter::Peekable<I>,
    differences: Vec<String>,
}

impl<'m, I: Iterator<Item = (i64, &'m super::Row)>> Comparison<'m, I> {
    /// Takes the whole lines of a chunk; `rest` is the beginning of a line.
    fn take(&mut self, rest: &mut Vec<u8>, chunk: &Bytes) -> Result<()> {
        rest.extend_from_slice(chunk);
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        let lines: Vec<u8> = rest.drain(..=end).collect();
        let text = str::from_utf8(&lines)?;
        text.lines().try_for_each(|line| self.row(line))
    }

    fn row(&mut self, found: &str) -> Result<()> {
        let id: i64 = found.split('\t').next().unwrap_or_default().parse().context("an id")?;
        while let Some((_, line)) = self.next_if(|expected| expected < id) {
            self.differences.push(format!("missing: {line}"));
        }
        match self.next_if(|expected| expected == id) {
            None => self.differences.push(format!("extra: {found}")),
            Some((_, line)) if line != found => {
                self.differences.push(format!("different: {found} instead of {line}"));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn next_if(&mut self, condition: impl Fn(i64) -> bool) -> Option<(i64, String)> {
        let (id, row) = self.expected.next_if(|(id, _)| condition(*id))?;
        let mut line = String::new();
        row.line(self.table, id, &mut line);
        Some((id, line))
    }

    fn finish(mut self) -> Vec<String> {
        while let Some((_, line)) = self.next_if(|_| true) {
            self.differences.push(format!("missing: {line}"));
        }
        self.differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master::{Sizes, Writer};

    #[test]
    fn every_kind_of_difference_is_reported() -> Result<()> {
        let writer = Writer::new(1, Sizes { orders: 4, users: 0, products: 0, shops: 0 }, 1_780_000_000_000_000);
        let expected = writer.model().rows(Table::Orders).peekable();
        let mut comparison = Comparison { table: Table::Orders, expected, differences: Vec::new() };
        let mut text = String::new();
        for (id, row) in writer.model().rows(Table::Orders).filter(|(id, _)| [1, 3].contains(id)) {
            row.line(Table::Orders, id, &mut text);
            text.push_str(if id == 3 { "5\n9\textra\n" } else { "\n" });
        }
        let (first, second) = text.as_bytes().split_at(30);
        let mut rest = Vec::new();
        comparison.take(&mut rest, &Bytes::copy_from_slice(first))?;
        comparison.take(&mut rest, &Bytes::copy_from_slice(second))?;
        let lines: Vec<String> = comparison.finish();
        let lines: Vec<&str> = lines.iter().map(|line| line.split(&[':', '\t'][..]).next().unwrap()).collect();
        assert_eq!(lines, ["missing", "different", "missing", "extra"]);
        Ok(())
    }
}
