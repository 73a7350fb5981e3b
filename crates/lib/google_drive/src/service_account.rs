//! A service account of Google: its JSON file, and the assertion (JWT, RS256) that it signs.

use std::{fmt, fs, path::Path};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http_client::Uri;
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    sign::Signer,
};
use serde_json::{Value, json};

use crate::Error;

/// What the access token allows: files that this account has made, no others.
const SCOPE: &str = "https://www.googleapis.com/auth/drive.file";

/// The time for which an assertion is valid, in seconds. Google allows an hour at most.
const VALIDITY: u64 = 3600;

/// A service account. `Debug` does not show its key.
#[derive(Clone)]
pub struct ServiceAccount {
    email: String,
    key: PKey<Private>,
    key_id: Option<String>,
    /// As the file says it.
    audience: String,
    token_uri: Uri,
}

impl ServiceAccount {
    /// Reads the JSON file of an account.
    ///
    /// # Errors
    /// The file cannot be read, or is not the file of a service account. The text begins with the path, and quotes nothing
    /// of the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let json = fs::read(path).map_err(|error| error.to_string());
        json.and_then(|json| Self::parse(&json)).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    /// Parses such a file.
    ///
    /// # Errors
    /// As [`ServiceAccount::read`], without the path.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(json)
            .map_err(|error| format!("no JSON: line {}, column {}", error.line(), error.column()))?;
        let text = |field: &str| json[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let required = |field: &str| text(field).ok_or_else(|| format!("the field `{field}` is missing or no text"));
        if required("type")? != "service_account" {
            return Err("the field `type` is not `service_account`".to_owned());
        }
        let (email, pem, audience) = (required("client_email")?, required("private_key")?, required("token_uri")?);
        let key = PKey::private_key_from_pem(pem.as_bytes()).ok().filter(|key| key.rsa().is_ok());
        let key = key.ok_or("the field `private_key` is no RSA key in PEM")?;
        let token_uri = uri(&audience).ok_or("the field `token_uri` is no address with http:// or https://")?;
        Ok(Self { email, key, key_id: text("private_key_id"), audience, token_uri })
    }

    /// Where an assertion is exchanged for an access token.
    pub(crate) const fn token_uri(&self) -> &Uri {
        &self.token_uri
    }

    /// An assertion that is made at `now`, in seconds since 1970.
    pub(crate) fn assertion(&self, now: u64) -> Result<String, Error> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.key_id {
            header["kid"] = id.as_str().into();
        }
        let expires = now.saturating_add(VALIDITY);
        let claims = json!({"iss": self.email, "scope": SCOPE, "aud": self.audience, "iat": now, "exp": expires});
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = Signer::new(MessageDigest::sha256(), &self.key)?.sign_oneshot_to_vec(signed.as_bytes())?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ServiceAccount({})", self.email)
    }
}

/// An address with `http://` or `https://`.
pub(crate) fn uri(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    (matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty()))
        .then_some(uri)
}

#[cfg(test)]
mod tests {
    use openssl::{rsa::Rsa, sign::Verifier};

    use super::*;

    /// The JSON of an account whose field has another value.
    fn account(field: &str, value: Value) -> (Value, PKey<Private>) {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let mut json = json!({"type": "service_account", "client_email": "r@p.iam", "private_key": pem,
            "private_key_id": "7", "token_uri": "https://oauth2.example/token"});
        json[field] = value;
        (json, key)
    }

    #[test]
    fn an_assertion_is_signed_and_says_who_asks_for_what() {
        let (json, key) = account("project_id", "p".into());
        let account = ServiceAccount::parse(json.to_string().as_bytes()).unwrap();
        assert_eq!(format!("{account:?}"), "ServiceAccount(r@p.iam)");
        let assertion = account.assertion(1000).unwrap();
        let parts: Vec<&str> = assertion.split('.').collect();
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
        let json = |part| serde_json::from_slice::<Value>(&decode(part)).unwrap();
        assert_eq!(json(parts[0]), json!({"alg": "RS256", "typ": "JWT", "kid": "7"}));
        let claims = json!({"iss": "r@p.iam", "scope": SCOPE, "aud": "https://oauth2.example/token",
            "iat": 1000, "exp": 4600});
        assert_eq!(json(parts[1]), claims);
        let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        assert!(verifier.verify_oneshot(&decode(parts[2]), signed.as_bytes()).unwrap());
    }

    #[test]
    fn a_file_that_cannot_be_used_is_an_error_that_quotes_nothing() {
        for (field, value, expected) in [
            ("type", "authorized_user".into(), "the field `type` is not `service_account`"),
            ("client_email", Value::Null, "the field `client_email` is missing or no text"),
            ("private_key", json!(5), "the field `private_key` is missing or no text"),
            ("private_key", "secret".into(), "the field `private_key` is no RSA key in PEM"),
            ("token_uri", "ftp://x/secret".into(), "the field `token_uri` is no address with http:// or https://"),
        ] {
            let (json, _) = account(field, value);
            assert_eq!(ServiceAccount::parse(json.to_string().as_bytes()).unwrap_err(), expected);
        }
        assert_eq!(ServiceAccount::parse(b"\"secret").unwrap_err(), "no JSON: line 1, column 7");
        assert_eq!(ServiceAccount::parse(b"\"secret\"").unwrap_err(), "the field `type` is missing or no text");
        let absent = ServiceAccount::read(Path::new("absent.json")).unwrap_err();
        assert!(absent.starts_with("absent.json: No such file"), "{absent}");
    }
}
