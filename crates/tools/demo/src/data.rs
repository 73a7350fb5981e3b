//! Orders of a run: generated from a seed, or read from a folder.

use std::path::PathBuf;

use anyhow::Result;
use workload::files;
use workload::generator::{Generator, Options};
use workload::model::{Expected, Model};
use workload::source::{Event, Reference};

use crate::settings::Settings;

/// Source of events and reference objects; each can be read repeatedly.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Generated(Options),
    Folder(PathBuf),
}

impl Data {
    pub(crate) fn chosen(settings: &Settings) -> Self {
        match &settings.data {
            Some(folder) if !folder.as_os_str().is_empty() => Self::Folder(folder.clone()),
            _ => Self::Generated(Options::new(settings.seed, settings.orders)),
        }
    }

    pub(crate) fn events(&self) -> Result<Box<dyn Iterator<Item = Result<Event>> + Send>> {
        Ok(match self {
            Self::Generated(options) => Box::new(Generator::new(options).map(Ok)),
            Self::Folder(folder) => Box::new(files::orders(folder)?),
        })
    }

    pub(crate) fn reference(&self) -> Result<Vec<Reference>> {
        match self {
            Self::Generated(options) => Ok(Generator::new(options).reference().collect()),
            Self::Folder(folder) => files::reference(folder)?.collect(),
        }
    }

    /// The expected content of the marts, computed by the model.
    pub(crate) fn expected(&self) -> Result<Expected> {
        let mut model = Model::new(self.reference()?);
        for event in self.events()? {
            model.apply(&event?);
        }
        Ok(model.expected())
    }
}

impl std::fmt::Display for Data {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Generated(options) => write!(formatter, "generated from seed {}", options.seed),
            Self::Folder(folder) => write!(formatter, "read from {}", folder.display()),
        }
    }
}
