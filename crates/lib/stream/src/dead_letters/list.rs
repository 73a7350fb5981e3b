//! `dead-letters list`: a table or JSON lines of dead letters.

use std::io::Write;

use clap::Args;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use database::Database;
use kafka::ParsedDeadLetter;
use runtime::settings::whole_number;

use super::{
    letters::Letters,
    line::{Line, escape_control, value_bytes},
    replayed::{self, Returned, place},
    selection::Selection,
};

/// The options of `dead-letters list`.
#[derive(Debug, Clone, Default, Args)]
pub struct List {
    /// The dead letters to list.
    #[command(flatten)]
    pub selection: Selection,

    /// Maximum number of dead letters that are printed. Unset: all.
    #[arg(long, value_name = "NUMBER", value_parser = whole_number::<usize>("a number of dead letters", 0..))]
    pub limit: Option<usize>,

    /// Prints one JSON object per line. The objects contain the key and the value of each record, which can name people. The table contains
    /// neither.
    #[arg(long)]
    pub json: bool,
}

impl List {
    /// Lists the dead letters that exist now. Those that were sent back are marked if there is a `database`. Without the
    /// database it lists everything else, because the command must work during an outage.
    ///
    /// # Errors
    /// A [`runtime::ExitError`] when the topic is missing or the brokers do not answer, and any error of a write to `out`.
    pub async fn run(
        &self,
        kafka: &kafka::Settings,
        mut database: Option<&Database>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let mut letters = Letters::open(kafka, &self.selection).await?;
        let mut table = table();
        let mut listed = 0;
        let limit = self.limit.unwrap_or(usize::MAX);
        loop {
            let chunk = letters.next_chunk(limit - listed).await?;
            if chunk.is_empty() {
                break;
            }
            listed += chunk.len();
            let returned = recall(&mut database, &kafka.dead_letter_topic, &chunk).await;
            for letter in &chunk {
                if self.json {
                    let line = Line::new(letter, returned.as_ref());
                    serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
                    writeln!(out)?;
                } else {
                    table.add_row(row(letter, returned.as_ref()));
                }
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

/// The dead letters that were sent back. After an error the database is not queried again.
async fn recall(database: &mut Option<&Database>, topic: &str, chunk: &[ParsedDeadLetter]) -> Option<Returned> {
    let recalled = replayed::recall((*database)?, topic, chunk).await;
    recalled.inspect_err(unknown).inspect_err(|_| *database = None).ok()
}

/// Logs that the marks are missing.
pub(crate) fn unknown(why: &impl std::fmt::Display) {
    tracing::warn!(error = %why, "cannot read which dead letters were sent back");
}

fn table() -> Table {
    let mut table = Table::new();
    let header = ["dead letter", "failed at", "reason", "error", "source", "bytes", "sent back"];
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// The row of a dead letter. It contains neither key nor value, which can name people.
fn row(letter: &ParsedDeadLetter, returned: Option<&Returned>) -> [Cell; 7] {
    let original = &letter.original;
    let bytes = match (&original.value, letter.omitted.value.or(letter.omitted.content)) {
        (None, None) => "null".to_owned(),
        (Some(_), _) => value_bytes(letter).to_string(),
        (None, Some(bytes)) => format!("{bytes}, left out"),
    };
    let failed_at = letter.failed_at.map_or_else(String::new, |at| format!("{at:.0}"));
    let sent_back = match returned {
        None => "?".to_owned(),
        Some(returned) => returned.get(&place(letter)).map_or_else(String::new, |at| format!("{at:.0}")),
    };
    [
        Cell::new_owned(format!("{}/{}", letter.partition, letter.offset)),
        Cell::new_owned(failed_at),
        Cell::new_owned(escape_control(&letter.reason)),
        Cell::new_owned(escape_control(&letter.error)),
        Cell::new_owned(format!("{}/{}/{}", escape_control(&original.topic), original.partition, original.offset)),
        Cell::new_owned(bytes).set_alignment(CellAlignment::Right),
        Cell::new_owned(sent_back),
    ]
}
