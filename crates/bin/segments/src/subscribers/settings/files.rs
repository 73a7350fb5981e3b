//! Settings of CSV files: the root of folders, and the S3-compatible store.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use runtime::{ExitError, settings::Secret};

/// Where the files of target `csv` are.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub struct FileSettings {
    /// Folder for the files of subscriptions with `file:` addresses. Unset: these subscriptions fail.
    ///
    /// The service writes the files only into this folder and the folders below it. All replicas must share this folder.
    #[arg(long, env = "FILES_ROOT", value_name = "PATH")]
    pub files_root: Option<PathBuf>,

    /// Address of the store for subscriptions with `s3://` addresses, for example `https://s3.eu-central-1.amazonaws.com`. Unset: these
    /// subscriptions fail.
    #[arg(long, env = "S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,

    /// Region of the buckets.
    #[arg(long, env = "S3_REGION", value_name = "REGION", default_value = "us-east-1")]
    pub s3_region: String,

    /// Access key of the store. Required with S3_ENDPOINT.
    #[arg(long, env = "S3_ACCESS_KEY", value_name = "KEY")]
    pub s3_access_key: Option<String>,

    /// Secret key of the store. Required with S3_ENDPOINT.
    #[arg(long, env = "S3_SECRET_KEY", value_name = "SECRET")]
    pub s3_secret_key: Option<Secret>,

    /// Whether the address of an object has the name of the bucket in its path. With `false`, the name of the bucket is part of the host
    /// name.
    #[arg(long, env = "S3_PATH_STYLE", value_name = "BOOL", default_value = "true", action = clap::ArgAction::Set)]
    pub s3_path_style: bool,
}

impl FileSettings {
    /// The store. `None`: it is not set. A request takes as long as `timeout` at most.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub fn store(&self, timeout: Duration) -> Result<Option<s3::Store>, ExitError> {
        let Some(endpoint) = self.s3_endpoint.clone() else { return Ok(None) };
        let missing = |name: &str| ExitError::Config(format!("{name} is not set, and S3_ENDPOINT needs it"));
        let access_key = self.s3_access_key.clone().ok_or_else(|| missing("S3_ACCESS_KEY"))?;
        let secret_key = self.s3_secret_key.as_ref().ok_or_else(|| missing("S3_SECRET_KEY"))?.expose().to_owned();
        let (region, path_style) = (self.s3_region.clone(), self.s3_path_style);
        let settings = s3::Settings { endpoint, region, access_key, secret_key, path_style };
        let store = s3::Store::new(settings, timeout);
        store.map(Some).map_err(|error| ExitError::Config(format!("S3_ENDPOINT: {error}")))
    }
}
