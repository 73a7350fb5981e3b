//! A signed request of Standard Webhooks 1.0, and the check of its signature.

use anyhow::{Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;

/// A request, as far as the receiver needs it.
#[derive(Debug, Default)]
pub(super) struct Request {
    id: String,
    timestamp: String,
    signatures: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads one.
    pub(super) async fn read(stream: &mut BufReader<TcpStream>) -> Result<Self> {
        let (mut request, mut length) = (Self::default(), 0);
        loop {
            let mut line = String::new();
            ensure!(stream.read_line(&mut line).await? > 0, "the request is cut");
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            let value = value.to_owned();
            match name.to_lowercase().as_str() {
                "webhook-id" => request.id = value,
                "webhook-timestamp" => request.timestamp = value,
                "webhook-signature" => request.signatures = value,
                "content-length" => length = value.parse()?,
                _ => {}
            }
        }
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).await?;
        Ok(request)
    }

    /// Whether one of the signatures is that of id, time and body.
    pub(super) fn is_signed(&self, secret: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        mac.update(format!("{}.{}.", self.id, self.timestamp).as_bytes());
        mac.update(&self.body);
        let signatures = self.signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
        let mut decoded = signatures.filter_map(|signature| STANDARD.decode(signature).ok());
        decoded.any(|signature| mac.clone().verify_slice(&signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_the_public_example_is_right_and_that_of_another_body_wrong() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut request = Request {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            timestamp: "1614265330".to_owned(),
            signatures: "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned(),
            body: br#"{"test": 2432232314}"#.to_vec(),
        };
        assert!(request.is_signed(&secret));
        request.body[3] = b'x';
        assert!(!request.is_signed(&secret));
    }
}
