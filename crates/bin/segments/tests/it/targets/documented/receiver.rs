//! The receiver in Rust of `docs/subscribers.md`.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// By audience and GUID: the last sequence, and whether the user is a member.
pub(super) type Users = BTreeMap<(String, String), (i64, bool)>;

pub(super) fn receive(
    secret: &str,
    id: &str,
    time: &str,
    signatures: &str,
    body: &[u8],
    users: &mut Users,
) -> Option<()> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(secret).ok()?).ok()?;
    mac.update(&[id.as_bytes(), b".", time.as_bytes(), b".", body].concat());
    let is_valid = |given: &str| mac.clone().verify_slice(&BASE64_STANDARD.decode(given).unwrap_or_default()).is_ok();
    signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).find(|given| is_valid(given))?;
    let message: Value = serde_json::from_slice(body).ok()?;
    if message["type"] == "segment.audience.removed" {
        let ended = message["data"]["audience"].to_string();
        users.retain(|(audience, _), _| *audience != ended);
    }
    for change in message["data"]["changes"].as_array().into_iter().flatten() {
        let (audience, guid) = (change["audience"].to_string(), change["user"]["guid"].to_string());
        let user = users.entry((audience, guid)).or_default();
        let sequence = change["sequence"].as_i64()?;
        if sequence > user.0 {
            *user = (sequence, change["op"] == "added");
        }
    }
    Some(()) // answer with 204; None: answer with 401
}
