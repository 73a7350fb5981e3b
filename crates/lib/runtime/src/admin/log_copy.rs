//! A copy of the log in a file: the lines that go to standard error.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::PathBuf,
};

use crate::ExitError;

/// The file with the copy. Lines are added at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCopy {
    /// The setting that names the file.
    pub setting: &'static str,
    /// The file. It and its folder are created if they do not exist.
    pub path: PathBuf,
}

impl LogCopy {
    /// Whether the file can be written.
    ///
    /// # Errors
    /// The folder cannot be created, or the file cannot be written.
    pub fn check(&self) -> Result<(), ExitError> {
        self.open().map(drop)
    }

    pub(crate) fn open(&self) -> Result<File, ExitError> {
        let opened = || -> io::Result<File> {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            OpenOptions::new().create(true).append(true).open(&self.path)
        };
        opened().map_err(|error| {
            let (setting, path) = (self.setting, self.path.display());
            ExitError::Config(format!("{setting}: {path} cannot be written: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_a_file_that_cannot_be_written_is_named() {
        let folder = std::env::temp_dir().join(format!("tagmill-log-copy-{}", std::process::id()));
        let copy = LogCopy { setting: "LOGS_PATH", path: folder.join("logs/logs.txt") };
        for line in ["a\n", "b\n"] {
            io::Write::write_all(&mut copy.open().unwrap(), line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&copy.path).unwrap(), "a\nb\n");
        fs::remove_dir_all(&folder).unwrap();
        let error = LogCopy { setting: "LOGS_PATH", path: "/proc/logs/logs.txt".into() }.check().unwrap_err();
        assert_eq!(error.code(), 64);
        assert!(error.to_string().starts_with("LOGS_PATH: /proc/logs/logs.txt cannot be written: "), "{error}");
    }
}
