//! A body `multipart/related`: the description of a file as JSON, and its content.

use bytes::Bytes;
use openssl::sha::sha256;

/// A body and its content type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Multipart {
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// Joins the two parts. The boundary is a hash of the content, so the content cannot contain it, whatever it is.
pub(crate) fn multipart(description: &str, media_type: &str, content: &[u8]) -> Multipart {
    let boundary: String = sha256(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let head = format!(
        "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{description}\r\n\
         --{boundary}\r\nContent-Type: {media_type}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let body = [head.as_bytes(), content, tail.as_bytes()].concat().into();
    Multipart { content_type: format!("multipart/related; boundary={boundary}"), body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_and_content_are_between_boundaries() {
        let Multipart { content_type, body } = multipart("{}", "text/csv", b"a,b\r\n");
        let boundary = content_type.strip_prefix("multipart/related; boundary=").unwrap();
        assert!(boundary.len() == 64 && !"a,b\r\n".contains(boundary));
        let expected = format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{{}}\r\n\
             --{boundary}\r\nContent-Type: text/csv\r\n\r\na,b\r\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(body, expected);
    }
}
