//! The log: lines on standard error, so that standard output is free for what a command prints.

use std::{
    env,
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::{Format, LogSettings};

/// Starts logging, for the rest of the process's life. A second start changes nothing.
pub(crate) fn start(settings: &LogSettings) {
    let filter = EnvFilter::new(&settings.rust_log);
    let log = fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(has_colors());
    panic::set_hook(Box::new(report_panic));
    let _ = match settings.log_format {
        Format::Text => log.try_init(),
        Format::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
}

/// Writes a panic as one line of the log. The default hook writes several lines of text, which a log store takes for as
/// many records, and a backtrace can quote data.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current().name().unwrap_or_default().to_owned();
    tracing::error!(
        error = panic.payload_as_str().unwrap_or_default(),
        location,
        thread,
        "the program has panicked; this is a defect"
    );
}

/// Whether lines of text have colors: at a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
fn has_colors() -> bool {
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
