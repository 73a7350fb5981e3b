//! The log: lines on standard error, and files with errors if the service keeps them. Standard output is for the results
//! of commands.

use std::{
    env,
    io::{self, IsTerminal},
};

use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::log_file::LogFile;
use crate::{
    ExitError,
    settings::{Format, LogSettings},
};

/// Starts logging until the process ends. A second start changes nothing.
pub(crate) fn start(settings: &LogSettings, file: Option<LogFile>) -> Result<(), ExitError> {
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(has_colors());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.log_format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    let filter = EnvFilter::new(&settings.rust_log);
    let file = file.map(LogFile::open).transpose()?;
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(file).try_init();
    Ok(())
}

/// Whether lines of text have colors: at a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
fn has_colors() -> bool {
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
