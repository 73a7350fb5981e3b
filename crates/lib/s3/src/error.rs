//! Errors of a request to a store: the operation that fails, and the code in the answer.

use http_client::Response;

/// Why a request has no result. The text has no address, which contains the signature.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no answer.
    #[error("S3, {0}: {1}")]
    NoAnswer(&'static str, http_client::Error),
    /// The answer is an error.
    #[error("S3, {0}: error {1}{2}")]
    Rejected(&'static str, u16, String),
    /// The answer is not as it is documented.
    #[error("S3, {0}: the answer has no usable {1}")]
    Unreadable(&'static str, &'static str),
    /// The object needs more parts than an upload may have.
    #[error("S3, upload: the file has more than {0} parts")]
    TooLarge(usize),
}

/// Why an object is not stored.
#[derive(Debug, thiserror::Error)]
pub enum UploadError<E> {
    /// The content cannot be read.
    #[error("the content cannot be read: {0}")]
    Content(E),
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The longest message of a store that is passed on, in characters.
const MAX_MESSAGE: usize = 300;

impl Error {
    /// The error of an answer. Of its body only code and message are passed on.
    pub(crate) fn rejected(operation: &'static str, answer: &Response<Option<bytes::Bytes>>) -> Self {
        let body = answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        Self::Rejected(operation, answer.status().as_u16(), message(&body))
    }
}

/// Code and message in the XML of an error.
fn message(body: &str) -> String {
    let Some((_, error)) = body.split_once("<Error>") else { return String::new() };
    let element = |name: &str| {
        let (_, rest) = error.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    };
    let text: String = ["Code", "Message"].into_iter().filter_map(element).map(|text| format!(": {text}")).collect();
    text.chars().take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn code_and_message_are_passed_on_and_no_other_text() {
        let error = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>It does not exist</Message><Key>secret</Key></Error>";
        assert_eq!(message(error), ": NoSuchBucket: It does not exist");
        assert_eq!(message("<Error><Code>SlowDown</Code></Error>"), ": SlowDown");
        assert_eq!(message("<html>secret</html>"), "");
        assert_eq!(message("<Error><Code>half"), "");
    }
}
