//! Errors of an upload: the step that fails, and what Google answers.

use std::{fmt, time::Duration};

use http_client::Response;
use serde_json::Value;

/// The steps of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The assertion is exchanged for an access token.
    Token,
    /// The file is looked for by its name.
    Find,
    /// The content is sent.
    Upload,
    /// Everybody who has the link may read the file.
    Share,
}

/// Why a file is not on Google Drive. The text has no token and no address.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no answer.
    #[error("google drive, {0}: {1}")]
    NoAnswer(Step, http_client::Error),
    /// The answer is an error.
    #[error("google drive, {0}: error {1}{2}")]
    Rejected(Step, u16, String),
    /// The answer is not as it is documented.
    #[error("google drive, {0}: the answer has no usable {1}")]
    Unreadable(Step, &'static str),
    /// All steps together take too long.
    #[error("google drive: the upload is not finished after {0:?}")]
    TimedOut(Duration),
    /// OpenSSL cannot sign the assertion.
    #[error("google drive: the assertion cannot be signed: {0}")]
    Signature(#[from] openssl::error::ErrorStack),
}

/// Why an upload fails.
#[derive(Debug, thiserror::Error)]
pub enum UploadError<E> {
    /// The content cannot be read.
    #[error("the content cannot be read: {0}")]
    Content(E),
    /// Google Drive does not take it.
    #[error(transparent)]
    Drive(#[from] Error),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Token => "access token",
            Self::Find => "search for the file",
            Self::Upload => "upload",
            Self::Share => "permission",
        })
    }
}

/// The longest message of Google that is passed on, in characters.
const MAX_MESSAGE: usize = 500;

impl Error {
    /// The error of an answer. Of its body only the message and the reason are passed on.
    pub(crate) fn rejected<B: AsRef<[u8]>>(step: Step, answer: &Response<Option<B>>) -> Self {
        let body = answer.body().as_ref().map_or(&b""[..], AsRef::as_ref);
        Self::Rejected(step, answer.status().as_u16(), message(body))
    }
}

/// The message in the body of an error: of the API (`error.message`) or of the token endpoint (`error_description`).
fn message(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let texts =
        [&body["error"]["message"], &body["error"]["errors"][0]["reason"], &body["error"], &body["error_description"]];
    let texts: Vec<&str> = texts.into_iter().filter_map(Value::as_str).collect();
    let text = texts.iter().map(|text| format!(": {text}")).collect::<String>();
    text.chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn the_messages_of_both_forms_are_found_and_no_other_text() {
        let api = br#"{"error":{"code":403,"message":"No quota","errors":[{"reason":"storageQuotaExceeded"}]}}"#;
        assert_eq!(message(api), ": No quota: storageQuotaExceeded");
        let token = br#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
        assert_eq!(message(token), ": invalid_grant: Invalid JWT Signature.");
        assert_eq!(message(b"<html>secret</html>"), "");
        assert_eq!(message(br#"{"error":{"message":5}}"#), "");
    }
}
