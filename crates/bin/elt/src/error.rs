//! The error of a cycle: where it failed, what PostgreSQL said, and what of it may be logged.

use std::error::Error as _;

use tokio_postgres::{Error as PgError, error::DbError};

mod remedy;

/// Why a cycle failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}{}", self.place(), self.remedy())]
pub struct Error {
    /// The database that it comes from.
    pub server: Server,
    /// SQLSTATE, if the server answered.
    pub sqlstate: Option<String>,
    /// The key of the job file that it is about, and the line.
    pub place: Option<(&'static str, u32)>,
    /// For logs: names and SQLSTATE, no values of rows.
    pub message: String,
    /// For `elt.runs`: the server's message, detail and context, and the row, with values.
    pub detail: Option<String>,
}

/// Where an error comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// M, the master.
    Source,
    /// A, the analytical database.
    Target,
    /// Neither: the job does not fit the databases.
    Job,
}

impl Server {
    /// As messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Job => "job",
        }
    }
}

/// The result of a step of a cycle.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The job does not fit what the databases hold.
    pub(crate) fn job(message: impl Into<String>) -> Self {
        Self { server: Server::Job, sqlstate: None, place: None, message: message.into(), detail: None }
    }

    /// With the key of the job file that it is about.
    pub(crate) fn at(mut self, key: &'static str, line: u32) -> Self {
        self.place.get_or_insert((key, line));
        self
    }

    /// With what only `elt.runs` may hold.
    pub(crate) fn with_row(mut self, row: &str) -> Self {
        let detail = self.detail.get_or_insert_default();
        if !detail.is_empty() {
            detail.push('\n');
        }
        detail.push_str("row: ");
        detail.push_str(row);
        self
    }

    /// The server cannot be reached or cannot work, whatever the job: waiting helps.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        let classes = ["08", "28", "3D", "40", "53", "57P", "58"];
        match &self.sqlstate {
            Some(sqlstate) => classes.iter().any(|class| sqlstate.starts_with(class)),
            None => self.server != Server::Job,
        }
    }

    /// PostgreSQL refuses the values of a row.
    pub(crate) fn is_about_data(&self) -> bool {
        self.sqlstate.as_deref().is_some_and(|state| state.starts_with("22") || state.starts_with("23"))
    }

    pub(crate) fn is(&self, sqlstate: &str) -> bool {
        self.sqlstate.as_deref() == Some(sqlstate)
    }

    /// The message with its remedy.
    #[must_use]
    pub fn explained(&self) -> String {
        format!("{}{}", self.message, self.remedy())
    }

    /// The error as messages show it: file, line, key, remedy.
    #[must_use]
    pub fn in_file(&self, file: &str) -> String {
        match self.place {
            Some((key, line)) => format!("{file}:{line}: {key}: {}{}", self.message, self.remedy()),
            None => format!("{file}: {}{}", self.message, self.remedy()),
        }
    }

    /// What to do, if the SQLSTATE tells it.
    fn remedy(&self) -> String {
        let advice = self.sqlstate.as_deref().and_then(|sqlstate| remedy::remedy(sqlstate, self.server));
        advice.map_or(String::new(), |advice| format!("; {advice}"))
    }

    fn place(&self) -> String {
        match self.place {
            Some((key, line)) => format!("line {line}: {key}: "),
            None => String::new(),
        }
    }
}

/// An error of a server in a step.
pub(crate) fn of(server: Server, step: &'static str) -> impl FnOnce(PgError) -> Error {
    move |error| from_postgres(server, step, &error)
}

/// An error of M in a step.
pub(crate) fn source(step: &'static str) -> impl FnOnce(PgError) -> Error {
    of(Server::Source, step)
}

/// An error of A in a step.
pub(crate) fn target(step: &'static str) -> impl FnOnce(PgError) -> Error {
    of(Server::Target, step)
}

/// An error of `server` with a text of the job file: the line is that of the position PostgreSQL reports.
pub(crate) fn in_text(
    server: Server,
    key: &'static str,
    line_at: impl FnOnce(usize) -> u32,
) -> impl FnOnce(PgError) -> Error {
    move |error| {
        let position = match error.as_db_error().and_then(DbError::position) {
            Some(tokio_postgres::error::ErrorPosition::Original(position)) => *position as usize,
            _ => 1,
        };
        from_postgres(server, "", &error).at(key, line_at(position))
    }
}

fn from_postgres(server: Server, step: &str, error: &PgError) -> Error {
    let name = server.name();
    let step = if step.is_empty() { String::new() } else { format!("{step}: ") };
    match error.as_db_error() {
        Some(db) => Error {
            server,
            sqlstate: Some(db.code().code().to_owned()),
            place: None,
            message: format!("{name}: {step}{} {}", db.code().code(), without_values(db)),
            detail: Some(everything(db)),
        },
        None => {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            let message = format!("{name}: {step}{error}{cause}");
            Error { server, sqlstate: None, place: None, message, detail: None }
        }
    }
}

/// The message and where it belongs, without values. Messages of these classes quote names only; data exceptions and
/// whatever a trigger raises quote values.
fn without_values(error: &DbError) -> String {
    let names_only = ["08", "23", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"];
    let mut text = if names_only.iter().any(|class| error.code().code().starts_with(class)) {
        error.message().to_owned()
    } else {
        without_quotes(error.message())
    };
    for (kind, name) in [("table", error.table()), ("column", error.column()), ("constraint", error.constraint())] {
        if let Some(name) = name {
            text.push_str(&format!(", {kind} {name}"));
        }
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!(" (hint: {hint})"));
    }
    text
}

fn everything(error: &DbError) -> String {
    let mut text = error.message().to_owned();
    for (kind, part) in [("detail", error.detail()), ("hint", error.hint()), ("context", error.where_())] {
        if let Some(part) = part {
            text.push_str(&format!("\n{kind}: {part}"));
        }
    }
    text
}

fn without_quotes(message: &str) -> String {
    let Some((before, rest)) = message.split_once('"') else { return message.to_owned() };
    let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}\"…\"{after}")
}
