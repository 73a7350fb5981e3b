//! The job files of JOBS_DIR as they are now: read at each tick, parsed again if their bytes have changed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::job::{Job, Problem, job_files, job_name, read_file};

/// The files of the folder.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    files: BTreeMap<String, File>,
}

/// A job file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// As messages name it: `jobs/users.yaml`.
    pub(crate) name: String,
    /// The stem.
    pub(crate) job: String,
    hash: Option<blake3::Hash>,
    /// The job, or what is wrong with the file.
    pub(crate) parsed: Result<Arc<Job>, Vec<Problem>>,
}

/// The bytes of a file, or why they cannot be read.
pub(crate) type Bytes = (String, io::Result<Vec<u8>>);

/// Reads all job files of a folder.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn read_all(folder: &Path) -> io::Result<Vec<Bytes>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
    let names: Vec<Option<String>> = names.collect::<io::Result<_>>()?;
    let read = |name: String| {
        let bytes = read_file(&folder.join(&name));
        (name, bytes)
    };
    Ok(job_files(names.into_iter().flatten()).into_iter().map(read).collect())
}

/// How messages call files of a folder: by its last part.
pub(crate) fn shown(folder: &Path, file: &str) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| PathBuf::from(folder));
    let folder = folder.file_name().map_or("jobs".into(), |name| name.to_string_lossy());
    format!("{folder}/{file}")
}

impl Folder {
    /// Takes over what was read. Returns the names of files that are new or have changed, and whether any has gone.
    pub(crate) fn update(&mut self, folder: &Path, files: Vec<Bytes>) -> (Vec<String>, bool) {
        let (mut changed, mut next) = (Vec::new(), BTreeMap::new());
        for (name, bytes) in files {
            let hash = bytes.as_ref().ok().map(|bytes| blake3::hash(bytes));
            let file = match self.files.remove(&name) {
                Some(known) if known.hash == hash && hash.is_some() => known,
                _ => {
                    changed.push(name.clone());
                    parse(&shown(folder, &name), hash, bytes)
                }
            };
            next.insert(name, file);
        }
        let gone = !self.files.is_empty();
        self.files = next;
        changed.retain(|name| self.files.contains_key(name));
        (changed, gone)
    }

    /// The files, by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&String, &File)> {
        self.files.iter()
    }
}

fn parse(name: &str, hash: Option<blake3::Hash>, bytes: io::Result<Vec<u8>>) -> File {
    let parsed = match bytes {
        Ok(bytes) => Job::parse(name, &bytes).map(Arc::new),
        Err(error) => Err(vec![Problem {
            file: name.to_owned(),
            line: 1,
            key: None,
            message: format!("the file cannot be read ({error}): look at its rights"),
        }]),
    };
    File { name: name.to_owned(), job: job_name(name).to_owned(), hash, parsed }
}
