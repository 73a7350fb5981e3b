//! The folder of job files. Those of the customer are copied byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use workload::master::Table;

/// The values of shops, and the mistake: one placeholder is missing.
const VALUES: &str = "VALUES (%s, %s, %s, %s, %s)";
const BROKEN_VALUES: &str = "VALUES (%s, %s, %s, %s)";

/// The jobs of the first load. The one of the shops comes later.
pub(super) const FIRST: [Table; 3] = [Table::Orders, Table::Users, Table::Products];

/// JOBS_DIR.
pub(super) struct Jobs {
    folder: PathBuf,
}

impl Jobs {
    /// Makes the folder, with the jobs of the first load.
    pub(super) fn create(folder: PathBuf) -> Result<Self> {
        fs::create_dir(&folder)?;
        let jobs = Self { folder };
        for (name, text) in FIRST.map(Table::job) {
            jobs.write(name, text)?;
        }
        Ok(jobs)
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Drops in the job of the shops, with a mistake.
    pub(super) fn drop_in_broken(&self) -> Result<()> {
        let (name, text) = Table::Shops.job();
        self.write(name, &text.replace(VALUES, BROKEN_VALUES))
    }

    /// Mends it.
    pub(super) fn mend(&self) -> Result<()> {
        let (name, text) = Table::Shops.job();
        self.write(name, text)
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        // Under another name first: the service must not read half a file.
        let (part, path) = (self.folder.join(format!(".{name}")), self.folder.join(name));
        fs::write(&part, text)?;
        fs::rename(&part, &path).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broken_file_differs_in_one_placeholder() {
        let text = Table::Shops.job().1;
        assert_eq!(text.replace(VALUES, BROKEN_VALUES).len() + ", %s".len(), text.len());
    }
}
