//! `dead-letters list`: what could not be used, and why.

use std::io::Write;

use clap::Args;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use kafka::Letter;

use super::{letters::Letters, line::Line, selection::Selection};

/// How to list them.
#[derive(Debug, Clone, Default, Args)]
pub struct List {
    /// Which.
    #[command(flatten)]
    pub selection: Selection,

    /// The first so many only.
    #[arg(long, value_name = "LETTERS")]
    pub limit: Option<usize>,

    /// One JSON object a line, with key and value as they came: they may name people. Without it neither is shown.
    #[arg(long)]
    pub json: bool,
}

impl List {
    /// Lists the dead letters there are now.
    ///
    /// # Errors
    /// A [`crate::Refusal`] when the topic is missing or the brokers do not answer; what `out` says of a failed write.
    pub async fn run(&self, kafka: &kafka::Settings, out: &mut impl Write) -> anyhow::Result<()> {
        let mut letters = Letters::open(kafka, &self.selection).await?;
        let mut table = table();
        let mut listed = 0;
        let limit = self.limit.unwrap_or(usize::MAX);
        while listed < limit
            && let Some(letter) = letters.next().await?
        {
            listed += 1;
            if self.json {
                serde_json::to_writer(&mut *out, &Line::from(&letter)).map_err(std::io::Error::from)?;
                writeln!(out)?;
            } else {
                table.add_row(row(&letter));
            }
        }
        if self.json {
            return Ok(());
        }
        if listed > 0 {
            writeln!(out, "{table}")?;
        }
        if listed < limit {
            letters.sum_up(listed, out)?;
        } else {
            writeln!(out, "the first {listed}")?;
        }
        Ok(())
    }
}

fn table() -> Table {
    let mut table = Table::new();
    let header = ["dead letter", "failed at", "reason", "error", "source", "bytes"];
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// Where, when, why, whence, and how much. Neither key nor value: a screen is read over shoulders.
fn row(letter: &Letter) -> [Cell; 6] {
    let original = &letter.original;
    let bytes = original.value.as_ref().map_or_else(|| "null".to_owned(), |value| value.len().to_string());
    let failed_at = letter.failed_at.map_or_else(String::new, |at| format!("{at:.0}"));
    [
        Cell::new_owned(format!("{}/{}", letter.partition, letter.offset)),
        Cell::new_owned(failed_at),
        Cell::new_owned(harmless(&letter.reason)),
        Cell::new_owned(harmless(&letter.error)),
        Cell::new_owned(format!("{}/{}/{}", harmless(&original.topic), original.partition, original.offset)),
        Cell::new_owned(bytes).set_alignment(CellAlignment::Right),
    ]
}

/// An error may quote what it met, and what it met may command a terminal.
fn harmless(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
