//! Where settings come from: environment, `.env`, `config.yaml`; and the names that the customer's first service gave them.

use std::{collections::BTreeMap, ffi::OsString, fs, io::ErrorKind, path::Path};

use runtime::ExitError;

mod customer;
mod dotenv;
mod yaml;

/// Variables by name.
type Variables = BTreeMap<String, String>;

/// The environment and the files below it. The first that has a name counts, also if its value is empty: then the setting is
/// unset.
pub struct Sources<E> {
    environment: E,
    files: [Variables; 2],
    /// Settings made of those of the customer, where ours are not set.
    made: Variables,
}

impl<E: Fn(&str) -> Option<OsString>> Sources<E> {
    /// Reads `.env` and `config.yaml` in a folder, as far as they exist. `known` are the names of the settings of the service.
    ///
    /// # Errors
    /// A file cannot be read, `config.yaml` has an unknown key, or a setting of the customer has a wrong value.
    pub fn read(folder: &Path, environment: E, known: &[String]) -> Result<Self, ExitError> {
        let dotenv = text(folder, ".env")?.map(|text| dotenv::read(&text));
        let yaml = text(folder, "config.yaml")?.map(|text| yaml::read(&text, known)).transpose();
        let yaml = yaml.map_err(|error| ExitError::Config(format!("config.yaml: {error}")))?;
        Self::of(environment, [dotenv.unwrap_or_default(), yaml.unwrap_or_default()])
    }

    fn of(environment: E, files: [Variables; 2]) -> Result<Self, ExitError> {
        let mut sources = Self { environment, files, made: Variables::new() };
        let mut made = Variables::new();
        for name in customer::MADE {
            if !sources.is_set(name)
                && let Some(value) = customer::make(name, &|name: &str| sources.value(name))?
            {
                made.insert(name.to_owned(), value);
            }
        }
        sources.made = made;
        Ok(sources)
    }

    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<OsString> {
        self.given(name).or_else(|| self.made.get(name).map(OsString::from))
    }

    /// Whether the variable or its file has a value, if only an empty one.
    fn is_set(&self, name: &str) -> bool {
        self.given(name).is_some() || self.given(&format!("{name}_FILE")).is_some()
    }

    /// The value of a variable of the customer, or of its file. An empty one is unset.
    fn value(&self, name: &str) -> Result<Option<String>, ExitError> {
        let set = |name: &str| self.given(name).filter(|value| !value.is_empty());
        if let Some(value) = set(name) {
            let value = value.into_string();
            return value.map(Some).map_err(|_| ExitError::Config(format!("{name} is not UTF-8")));
        }
        let Some(path) = set(&format!("{name}_FILE")) else { return Ok(None) };
        let text = fs::read_to_string(&path).map_err(|error| {
            ExitError::Config(format!("{name}_FILE cannot be read: {}: {error}", Path::new(&path).display()))
        })?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty()))
    }

    /// The value in the first place that has the variable, or its file: `NAME` and `NAME_FILE` are one setting.
    fn given(&self, name: &str) -> Option<OsString> {
        let other = name.strip_suffix("_FILE").map_or_else(|| format!("{name}_FILE"), str::to_owned);
        if let Some(value) = (self.environment)(name) {
            return Some(value);
        }
        if (self.environment)(&other).is_some_and(|value| !value.is_empty()) {
            return None;
        }
        for file in &self.files {
            if let Some(value) = file.get(name) {
                return Some(value.into());
            }
            if file.get(&other).is_some_and(|value| !value.is_empty()) {
                return None;
            }
        }
        None
    }
}

/// The text of a file. `None`: it does not exist.
fn text(folder: &Path, name: &str) -> Result<Option<String>, ExitError> {
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ExitError::Config(format!("{name} cannot be read: {error}"))),
    }
}

#[cfg(test)]
mod tests;
