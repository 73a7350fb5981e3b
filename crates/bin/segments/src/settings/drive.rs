//! Google Drive for reports: its settings, and the service account.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use google_drive::{Drive, ServiceAccount};
use runtime::ExitError;

/// The longest time of an upload. The answer to the request has to begin within 30 seconds.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(25);

/// Where reports are uploaded.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct DriveSettings {
    /// JSON file of the service account that uploads reports to Google Drive. Unset: the response contains the report.
    #[arg(long, env = "GOOGLE_DRIVE_JSON_FILE_PATH", value_name = "FILE")]
    google_drive_json_file_path: Option<PathBuf>,

    /// Address of the API of Google Drive.
    #[arg(long, env = "GOOGLE_DRIVE_BASE_URL", value_name = "URL", default_value = "https://www.googleapis.com")]
    google_drive_base_url: String,
}

impl DriveSettings {
    /// Reads the file of the account. `None`: there is none.
    pub(crate) fn open(&self) -> Result<Option<Arc<Drive>>, ExitError> {
        let Some(file) = &self.google_drive_json_file_path else { return Ok(None) };
        let account = ServiceAccount::read(file)
            .map_err(|problem| ExitError::Config(format!("GOOGLE_DRIVE_JSON_FILE_PATH: {problem}")))?;
        let drive = Drive::new(account, &self.google_drive_base_url, UPLOAD_TIMEOUT)
            .map_err(|problem| ExitError::Config(format!("GOOGLE_DRIVE_BASE_URL: {problem}")))?;
        Ok(Some(Arc::new(drive)))
    }
}
