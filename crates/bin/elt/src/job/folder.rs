//! Job files in JOBS_DIR: which names are job files, and their bytes.

use std::{fs, io, io::Read as _, path::Path};

use super::document::MAX_BYTES;

/// The names that are job files, in order: `*.yaml`, `*.yml`, `*.json`, not beginning with a dot.
#[must_use]
pub fn job_files<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Vec<String> {
    let mut files: Vec<String> =
        names.into_iter().filter(|name| is_job_file(name.as_ref())).map(|name| name.as_ref().to_owned()).collect();
    files.sort();
    files
}

fn is_job_file(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.starts_with('.') && matches!(ending, Some("yaml" | "yml" | "json"))
}

/// The name of the job in a file: `users` of `jobs/users.yaml`.
#[must_use]
pub fn job_name(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The bytes of a job file; symbolic links are followed. Of a file over the limit one byte more than the limit, so that
/// it is refused and yet never read whole.
///
/// # Errors
///
/// The file cannot be read, or is a folder, a pipe or a device.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
