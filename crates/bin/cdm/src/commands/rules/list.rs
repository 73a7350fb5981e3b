//! `rules list`: the rules as a table or as JSON lines.

use std::io::Write;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use database::{Transaction, statement};
use runtime::ExitError;

use crate::rules::rule::Line;

/// The options of `rules list`.
#[derive(Debug, Args)]
pub struct List {
    /// Prints one JSON object per line.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(&self, transaction: &Transaction, out: &mut impl Write) -> anyhow::Result<()> {
        let rows = transaction
            .query(&statement!("cdm/rules/select_rules"), [&i64::MIN, &None::<i64>])
            .await
            .map_err(ExitError::from)?;
        let lines = rows.iter().map(Line::read).collect::<Result<Vec<Line>, _>>().map_err(ExitError::from)?;
        if self.json {
            for line in lines {
                serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            return Ok(());
        }
        if lines.is_empty() {
            writeln!(out, "there is no rule; `rules add` adds one")?;
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["rule", "tag", "orders", "with the", "", "users", "state"]);
        for line in lines {
            let state = match (line.enabled, line.applied) {
                (true, true) => "applied",
                (false, true) => "disabled",
                (_, false) => "waits for the service",
            };
            table.add_row([
                line.rule_id.to_string(),
                line.tag,
                line.threshold.to_string(),
                line.subject.to_owned(),
                line.subject_key,
                line.users.to_string(),
                state.to_owned(),
            ]);
        }
        writeln!(out, "{table}")?;
        Ok(())
    }
}
