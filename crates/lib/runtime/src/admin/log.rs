//! The log: lines on standard error, a copy of them and files with errors if the service keeps these. Standard output is
//! for the results of commands.

use std::{
    env,
    io::{self, IsTerminal},
    panic::{self, PanicHookInfo},
    sync::Arc,
    thread,
};

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt,
    fmt::writer::{BoxMakeWriter, MakeWriterExt},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::{log_copy::LogCopy, log_file::LogFile};
use crate::{
    ExitError,
    settings::{Format, LogSettings},
};

/// Starts logging until the process ends. A second start changes nothing.
pub(crate) fn start(settings: &LogSettings, file: Option<LogFile>, copy: Option<LogCopy>) -> Result<(), ExitError> {
    panic::set_hook(Box::new(report_panic));
    let is_copied = copy.is_some();
    let writer = match copy {
        Some(copy) => BoxMakeWriter::new(io::stderr.and(Arc::new(copy.open()?))),
        None => BoxMakeWriter::new(io::stderr),
    };
    let lines = fmt::layer().with_writer(writer).with_ansi(has_colors() && !is_copied);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.log_format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    let filter = EnvFilter::new(&settings.rust_log);
    let file = file.map(LogFile::open).transpose()?;
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(file).try_init();
    Ok(())
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
