//! The job files that a command is about.

use std::path::Path;

use runtime::ExitError;

use crate::{
    job::{Job, Problem, job_name, read_file},
    service::{folder, settings::JobSettings},
};

/// A job file, or what is wrong with it.
pub(super) struct Read {
    /// As messages name it.
    pub(super) file: String,
    pub(super) parsed: Result<Job, Vec<Problem>>,
}

/// The jobs of these names, in this order; of no names: all of the folder. A name may be that of the file.
pub(super) fn find(settings: &JobSettings, names: &[String]) -> Result<Vec<Job>, ExitError> {
    let files = all(&settings.jobs_dir)?;
    if names.is_empty() {
        return files.into_iter().map(valid).collect();
    }
    let find = |name: &String| {
        let wanted = job_name(name);
        let found: Vec<&Read> = files.iter().filter(|read| job_name(&read.file) == wanted).collect();
        let exact = found.iter().find(|read| read.file.ends_with(name.as_str()));
        let read = exact.or(found.first()).ok_or_else(|| {
            let known: Vec<&str> = files.iter().map(|read| job_name(&read.file)).collect();
            let folder = settings.jobs_dir.display();
            ExitError::Config(match known.is_empty() {
                true => no_files(&settings.jobs_dir),
                false => format!("there is no job {wanted} in {folder}; there are: {}", known.join(", ")),
            })
        })?;
        valid(Read { file: read.file.clone(), parsed: read.parsed.clone() })
    };
    names.iter().map(find).collect()
}

/// All files of a folder.
pub(super) fn all(path: &Path) -> Result<Vec<Read>, ExitError> {
    let files = folder::read_all(path)
        .map_err(|error| ExitError::Config(format!("JOBS_DIR: {} cannot be read: {error}", path.display())))?;
    Ok(files.into_iter().map(|(name, bytes)| read(folder::shown(path, &name), bytes)).collect())
}

/// What to do about a folder without job files.
pub(super) fn no_files(path: &Path) -> String {
    let folder = path.display();
    format!("there is no job file in {folder}; `elt-service new TABLE > {folder}/JOB.yaml` writes one")
}

/// A file by its path.
pub(super) fn one(path: &Path) -> Read {
    read(path.display().to_string(), read_file(path))
}

fn read(file: String, bytes: std::io::Result<Vec<u8>>) -> Read {
    let parsed = match bytes {
        Ok(bytes) => Job::parse(&file, &bytes),
        Err(error) => {
            let message = format!("the file cannot be read ({error}): look at its path and its rights");
            Err(vec![Problem { file: file.clone(), line: 1, key: None, message }])
        }
    };
    Read { file, parsed }
}

fn valid(read: Read) -> Result<Job, ExitError> {
    read.parsed.map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        ExitError::Config(problems.join("\n"))
    })
}
