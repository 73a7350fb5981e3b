//! The token endpoint: checks an assertion, issues a token.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Verifier};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::{EMAIL, Shared, lock};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/drive.file";

/// `POST /token`
pub(crate) async fn issue(State(state): State<Shared>, body: String) -> (StatusCode, String) {
    let (public_key, audience) = {
        let drive = lock(&state);
        (drive.public_key.clone(), format!("{}/token", drive.url))
    };
    let field = |name: &str| {
        let mut fields = body.split('&').filter_map(|field| field.split_once('='));
        let (_, value) = fields.find(|(key, _)| *key == name)?;
        percent_decode_str(value).decode_utf8().ok().map(String::from)
    };
    let checked = match field("grant_type").as_deref() {
        Some(GRANT) => check(&field("assertion").unwrap_or_default(), &public_key, &audience),
        _ => Err("the grant type is another one".to_owned()),
    };
    match checked {
        Ok(()) => {
            let mut drive = lock(&state);
            let token = drive.next_id("ya29.token");
            drive.tokens.insert(token.clone());
            let answer = json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"});
            (StatusCode::OK, answer.to_string())
        }
        Err(problem) => {
            let error = json!({"error": "invalid_grant", "error_description": problem});
            (StatusCode::BAD_REQUEST, error.to_string())
        }
    }
}

/// Whether a request has a token that was issued.
pub(crate) fn is_known(state: &Shared, headers: &HeaderMap) -> bool {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer "));
    token.is_some_and(|token| lock(state).tokens.contains(token))
}

fn check(assertion: &str, public_key: &str, audience: &str) -> Result<(), String> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err("the assertion has no three parts".to_owned()) };
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string());
    let json = |part| serde_json::from_slice::<Value>(&decode(part)?).map_err(|error| error.to_string());
    let signed = format!("{header}.{claims}");
    let valid = verify(public_key, signed.as_bytes(), &decode(signature)?).map_err(|error| error.to_string())?;
    if !valid {
        return Err("Invalid JWT Signature.".to_owned());
    }
    if json(header)? != json!({"alg": "RS256", "kid": "key-1", "typ": "JWT"}) {
        return Err("another header".to_owned());
    }
    let claims = json(claims)?;
    for (claim, expected) in [("iss", EMAIL), ("scope", SCOPE), ("aud", audience)] {
        if claims[claim] != expected {
            return Err(format!("another {claim}"));
        }
    }
    let lifetime = claims["exp"].as_u64().zip(claims["iat"].as_u64()).and_then(|(exp, iat)| exp.checked_sub(iat));
    match lifetime {
        Some(1..=3600) => Ok(()),
        _ => Err("another lifetime".to_owned()),
    }
}

fn verify(public_key: &str, signed: &[u8], signature: &[u8]) -> Result<bool, openssl::error::ErrorStack> {
    let key = PKey::public_key_from_pem(public_key.as_bytes())?;
    Verifier::new(MessageDigest::sha256(), &key)?.verify_oneshot(signature, signed)
}
