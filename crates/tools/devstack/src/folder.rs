//! The folder of a stack, with its data and logs: temporary, or kept under a name.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// Data folder of a stack.
pub(crate) enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
    pub(crate) fn open(named: Option<PathBuf>) -> anyhow::Result<Self> {
        let folder = match named {
            Some(path) => {
                fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
                Self::Kept(path.canonicalize()?)
            }
            None => Self::Temporary(tempfile::Builder::new().prefix("tagmill-").tempdir()?),
        };
        // The user postgres, whose data is inside, must be able to pass through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }

    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary(_))
    }
}
