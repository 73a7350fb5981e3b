//! Where the binaries of the services are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::layer::Layer;

/// The binary of a layer's service. The tests are in `target/debug/deps`, the services one folder above.
pub(crate) fn of(layer: Layer) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("the test is in no folder of cargo's")?;
    let program = folder.join(layer.binary());
    ensure!(program.exists(), "{} is missing: run `make test`", program.display());
    Ok(program)
}
