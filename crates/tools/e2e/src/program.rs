//! Paths of the service binaries.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::layer::Layer;

/// The binary of a layer's service: beside a program that uses this crate, in `target/debug`, or one folder above a test,
/// in `target/debug/deps`.
pub(crate) fn of(layer: Layer) -> Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let mut folders = ours.ancestors().skip(1).take(2).map(|folder| folder.join(layer.binary()));
    let missing = || format!("{} is not in the folder of {}: run `make test`", layer.binary(), ours.display());
    folders.find(|program| program.is_file()).with_context(missing)
}
