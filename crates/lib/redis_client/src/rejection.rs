//! Rejections of Redis that need a person to act: a wrong password, database or certificate.

use redis::{ErrorKind, RedisError};

/// The error text of a rejection, with advice. `None`: the error may end by itself. The text is checked as well as the
/// driver's kinds, because the driver uses the same kinds for a server that is still loading or has too many clients.
#[must_use]
pub fn rejection(error: &RedisError) -> Option<(String, String)> {
    let said = error.to_string();
    if let Some(rejected) = certificates::rejected(&said, "REDIS_CA_FILE") {
        return Some(rejected);
    }
    let advice = if error.kind() == ErrorKind::AuthenticationFailed || said.contains("WRONGPASS") {
        "look at the user and the password in the URL"
    } else if said.contains("Authentication required") {
        "put the password into the URL"
    } else if said.contains("DB index is out of range") {
        "look at the number of the database in the URL"
    } else {
        return None;
    };
    Some((said, advice.to_owned()))
}
