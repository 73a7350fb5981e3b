//! Log files with errors, one per day, as text. The oldest files are removed.

use std::{fmt as text, fs, path::PathBuf};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::{
    Layer,
    filter::LevelFilter,
    fmt::{self, FmtContext, FormatEvent, FormatFields, format::Writer, time::FormatTime, time::SystemTime},
    registry::LookupSpan,
};

use crate::ExitError;

/// The log files with errors, in addition to standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// The setting that names the folder.
    pub setting: &'static str,
    /// The folder. It is created if it does not exist.
    pub folder: PathBuf,
    /// The prefix of the file names: `elt-service` of `elt-service.2026-11-30.log`. The day is in UTC.
    pub name: &'static str,
    /// The number of files that are kept.
    pub keep: usize,
}

impl LogFile {
    /// Whether a file can be written in the folder.
    ///
    /// # Errors
    /// The folder cannot be created or written.
    pub fn check(&self) -> Result<(), ExitError> {
        self.open_file().map(drop)
    }

    /// Opens the file of today, and writes errors to it.
    pub(crate) fn open<S>(self) -> Result<impl Layer<S>, ExitError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let layer = fmt::layer().event_format(Line).with_ansi(false).with_writer(self.open_file()?);
        Ok(layer.with_filter(LevelFilter::ERROR))
    }

    fn open_file(&self) -> Result<RollingFileAppender, ExitError> {
        let refused = |reason: &dyn text::Display| {
            let (setting, folder) = (self.setting, self.folder.display());
            ExitError::Config(format!("{setting}: {folder} cannot be written: {reason}"))
        };
        // The appender would complain on standard error of a folder that is not there.
        fs::create_dir_all(&self.folder).map_err(|error| refused(&error))?;
        RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix(self.name)
            .filename_suffix("log")
            .max_log_files(self.keep)
            .build(&self.folder)
            .map_err(|error| match std::error::Error::source(&error) {
                Some(reason) => refused(&reason),
                None => refused(&error),
            })
    }
}

/// Logs an error that needs a person to act. `tracing` has no level above ERROR, so the field `severity` marks it.
#[macro_export]
macro_rules! critical {
    ($($arguments:tt)+) => {
        tracing::error!(severity = "CRITICAL", $($arguments)+)
    };
}

/// A line of a log file: `2026-11-30T11:05:02.123456Z ERROR the cycle failed job=users`.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> text::Result {
        let mut fields = Fields::of(*event.metadata().level());
        event.record(&mut fields);
        SystemTime.format_time(&mut writer)?;
        writeln!(writer, " {} {}{}", fields.level, one_line(&fields.message), one_line(&fields.others))
    }
}

/// Replaces line breaks by spaces, so that an entry is one line.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// The fields of an event.
struct Fields {
    level: String,
    message: String,
    others: String,
}

impl Fields {
    fn of(level: Level) -> Self {
        Self { level: level.to_string(), message: String::new(), others: String::new() }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "severity" => value.clone_into(&mut self.level),
            _ => self.record_debug(field, &format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn text::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.others.push_str(&format!(" {name}={value:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::{LogFile, fs};

    #[test]
    fn only_errors_are_written_as_lines_of_text() {
        let folder = std::env::temp_dir().join(format!("tagmill-log-file-{}", std::process::id()));
        let file = LogFile { setting: "LOG_DIR", folder: folder.join("logs"), name: "elt-service", keep: 2 };
        let subscriber = tracing_subscriber::registry().with(file.clone().open().unwrap());
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!("not this");
            tracing::error!(job = "users", seconds = 2, "the cycle\nfailed");
            crate::critical!(job = "orders", "deletes are held");
        });
        let mut names: Vec<_> = fs::read_dir(&file.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let name = names.pop().unwrap().into_string().unwrap();
        assert!(names.is_empty() && name.starts_with("elt-service.20") && name.ends_with(".log"), "{name}");
        let text = fs::read_to_string(file.folder.join(name)).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["ERROR the cycle failed job=users seconds=2", "CRITICAL deletes are held job=orders"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let file = LogFile { setting: "LOG_DIR", folder: "/proc/logs".into(), name: "elt-service", keep: 2 };
        let error = file.check().unwrap_err();
        assert_eq!(error.code(), 64);
        assert!(error.to_string().starts_with("LOG_DIR: /proc/logs cannot be written: "), "{error}");
    }
}
