//! Being turned away: what only a person can mend, told apart from an outage.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::Unavailable;

/// Why Redis could not be greeted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It is there and says no: the password or the database is wrong, the certificate is not trusted. Waiting does not
    /// help; a service ends and says so.
    #[error("REDIS_URL: {0}")]
    Refused(String),
    /// Nobody answers, or it is not ready. Waiting helps.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<RedisError> for Denied {
    fn from(error: RedisError) -> Self {
        match refusal(&error) {
            Some((reason, advice)) => Self::Refused(format!("{reason}; {advice}")),
            None => Self::Unavailable(error.into()),
        }
    }
}

/// What is refused, and what to do about it. Where the driver's kinds do not tell, its words have to: it files a server
/// that is still loading, or has too many clients, under the same ones.
fn refusal(error: &RedisError) -> Option<(String, &'static str)> {
    let said = error.to_string();
    if said.contains("certificate") {
        return Some(distrust(&said));
    }
    let advice = if error.kind() == ErrorKind::AuthenticationFailed || said.contains("WRONGPASS") {
        "look at the user and the password in the URL"
    } else if said.contains("Authentication required") {
        "put the password into the URL"
    } else if said.contains("DB index is out of range") {
        "look at the number of the database in the URL"
    } else if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm) {
        "give the user the right to read"
    } else {
        return None;
    };
    Some((said, advice))
}

/// OpenSSL says at the end, in brackets, what it holds against a certificate.
fn distrust(said: &str) -> (String, &'static str) {
    let verdict = said.rsplit_once(" (").map_or(said, |(_, verdict)| verdict.trim_end_matches(')'));
    let advice = if verdict.contains("mismatch") {
        "it is for another host: use the name it is for in the URL"
    } else if verdict.contains("expired") || verdict.contains("not yet valid") {
        "renew it on the server"
    } else {
        "REDIS_CA_FILE has to hold the authority it comes from"
    };
    (format!("the server's certificate is not accepted ({verdict})"), advice)
}
