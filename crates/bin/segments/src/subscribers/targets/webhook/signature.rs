//! Signatures of Standard Webhooks 1.0: HMAC-SHA256 of id, time and body, one for each valid secret. Pure.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The text of a secret, as it is shown once.
#[must_use]
pub fn text(secret: &[u8]) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(secret))
}

/// The header `webhook-signature`: a signature for each secret, separated by spaces.
#[must_use]
pub fn header(secrets: &[Vec<u8>], id: &str, seconds: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets.iter().map(|secret| sign(secret, id, seconds, body)).collect();
    signatures.join(" ")
}

fn sign(secret: &[u8], id: &str, seconds: i64, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_standard() {
        let text_of_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secret = BASE64_STANDARD.decode(text_of_secret.trim_start_matches("whsec_")).unwrap();
        let signed = header(
            std::slice::from_ref(&secret),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(text(&secret), text_of_secret);
    }

    #[test]
    fn during_a_rotation_both_secrets_sign() {
        let both = header(&[vec![1; 32], vec![2; 32]], "msg_1", 1, b"{}");
        assert_eq!(both.split(' ').filter(|signature| signature.starts_with("v1,")).count(), 2);
    }
}
