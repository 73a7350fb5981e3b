//! `validate`: job files against both databases.

use std::{io::Write, path::PathBuf};

use clap::Args;
use runtime::{CommandSettings, ExitError, StartupError};
use serde::Serialize;
use tokio_postgres::Client;

use super::{
    jobs::{self, Read},
    outcome,
};
use crate::{
    error::Error,
    job::{Job, Problem},
    service::settings::{JobSettings, SourceSettings, TargetSettings},
    validate::{Validation, validate},
};

/// The files to check.
#[derive(Debug, Args)]
pub struct Validate {
    /// Job files to check. If no file is named, all files of JOBS_DIR are checked.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Checks only the files and connects to no database.
    #[arg(long)]
    offline: bool,

    /// Prints one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// What is said of a file.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    valid: bool,
    problems: Vec<Told<'a>>,
    warnings: Vec<Told<'a>>,
    #[serde(flatten)]
    validation: Option<&'a Validation>,
}

/// A problem as JSON.
#[derive(Serialize)]
struct Told<'a> {
    line: u32,
    key: Option<&'a str>,
    message: &'a str,
}

impl<'a> From<&'a Problem> for Told<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { line: problem.line, key: problem.key.as_deref(), message: &problem.message }
    }
}

/// The databases, connected once for all files.
struct Databases {
    source: Client,
    target: Client,
}

impl Validate {
    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let files = match self.files.is_empty() {
            true => jobs::all(&settings.read::<JobSettings>()?.jobs_dir)?,
            false => self.files.iter().map(|path| jobs::one(path)).collect(),
        };
        if files.is_empty() && !self.json {
            writeln!(out, "{}", jobs::no_files(&settings.read::<JobSettings>()?.jobs_dir))?;
        }
        let databases = if self.offline { None } else { Some(connect(settings).await?) };
        let mut wrong = 0;
        for file in &files {
            wrong += usize::from(!self.check(file, databases.as_ref(), out).await?);
        }
        match wrong {
            0 => Ok(()),
            _ => Err(ExitError::Config(format!("{wrong} of {} files are wrong", files.len())).into()),
        }
    }

    /// Checks a file. False: it is wrong.
    async fn check(&self, file: &Read, databases: Option<&Databases>, out: &mut impl Write) -> anyhow::Result<bool> {
        let job = match &file.parsed {
            Ok(job) => job,
            Err(problems) => {
                self.print(&file.file, problems, &[], None, out)?;
                return Ok(false);
            }
        };
        let Some(Databases { source, target }) = databases else {
            self.print(&file.file, &[], &job.warnings, None, out)?;
            return Ok(true);
        };
        match validate(job, source, target).await {
            Ok(validation) => {
                self.print(&file.file, &[], &validation.warnings, Some(&validation), out)?;
                Ok(true)
            }
            Err(error) if error.is_outage() => Err(ExitError::Unavailable(error.to_string()).into()),
            Err(error) => {
                self.print(&file.file, &[problem(job, &error)], &job.warnings, None, out)?;
                Ok(false)
            }
        }
    }

    fn print(
        &self,
        file: &str,
        problems: &[Problem],
        warnings: &[Problem],
        validation: Option<&Validation>,
        out: &mut impl Write,
    ) -> std::io::Result<()> {
        if self.json {
            let line = Line {
                file,
                valid: problems.is_empty(),
                problems: problems.iter().map(Told::from).collect(),
                warnings: warnings.iter().map(Told::from).collect(),
                validation,
            };
            return outcome::json_line(&line, out);
        }
        if problems.is_empty() {
            writeln!(out, "{file}: ok")?;
        }
        problems.iter().try_for_each(|problem| writeln!(out, "{problem}"))?;
        if let Some(validation) = validation {
            print_validation(validation, out)?;
        }
        warnings.iter().try_for_each(|warning| writeln!(out, "  warning: {warning}"))
    }
}

fn print_validation(validation: &Validation, out: &mut impl Write) -> std::io::Result<()> {
    let columns: Vec<String> =
        validation.columns.iter().map(|column| format!("{} {}", column.name, column.r#type)).collect();
    writeln!(out, "  table: {}", validation.target)?;
    writeln!(out, "  columns: {}", columns.join(", "))?;
    match (&validation.watermark, &validation.cursor) {
        (None, _) => writeln!(out, "  cursor: none, the whole table is read each time")?,
        (Some(kind), Some(cursor)) => writeln!(out, "  cursor: {cursor} {kind}")?,
        (Some(kind), None) => writeln!(out, "  cursor: the source's clock, {kind}")?,
    }
    match &validation.row_by_row {
        None => writeln!(out, "  upsert: one statement for all rows"),
        Some(why) => writeln!(out, "  upsert: row by row, because {why}"),
    }
}

/// An error of a database as a problem of the file.
fn problem(job: &Job, error: &Error) -> Problem {
    let (key, line) = error.place.map_or((None, 1), |(key, line)| (Some(key.to_owned()), line));
    Problem { file: job.file.clone(), line, key, message: error.explained() }
}

async fn connect(settings: &CommandSettings) -> Result<Databases, ExitError> {
    let source = settings.read::<SourceSettings>()?.connection()?;
    let target = settings.read::<TargetSettings>()?.connection()?;
    let connect = async |database: &database::Settings| {
        database::connect(database).await.map_err(|error| ExitError::from(StartupError::from(error)))
    };
    Ok(Databases { source: connect(&source).await?.client, target: connect(&target).await?.client })
}
