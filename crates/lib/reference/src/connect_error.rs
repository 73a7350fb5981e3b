//! Being turned away: what only a person can mend, told apart from an outage.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::Unavailable;

/// Why Redis could not be greeted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// It is there and says no: the password or the database is wrong, the certificate is not trusted. Waiting does not
    /// help; a service ends and says so.
    #[error("REDIS_URL: {0}")]
    Rejected(String),
    /// Nobody answers, or it is not ready. Waiting helps.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<RedisError> for ConnectError {
    fn from(error: RedisError) -> Self {
        match rejection(&error) {
            Some((reason, advice)) => Self::Rejected(format!("{reason}; {advice}")),
            None => Self::Unavailable(error.into()),
        }
    }
}

/// What is refused, and what to do about it. Where the driver's kinds do not tell, its words have to: it files a server
/// that is still loading, or has too many clients, under the same ones.
fn rejection(error: &RedisError) -> Option<(String, String)> {
    let said = error.to_string();
    if let Some(rejected) = tls::rejected(&said, "REDIS_CA_FILE") {
        return Some(rejected);
    }
    if is_cluster(error, &said) {
        let reason = format!("this is a Redis Cluster, which is not supported ({said})");
        return Some((
            reason,
            "use a Redis server without cluster mode, which holds all names in one place".to_owned(),
        ));
    }
    let advice = if error.kind() == ErrorKind::AuthenticationFailed || said.contains("WRONGPASS") {
        "look at the user and the password in the URL"
    } else if said.contains("Authentication required") {
        "put the password into the URL"
    } else if said.contains("DB index is out of range") {
        "look at the number of the database in the URL"
    } else if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm) || said.contains("has no permissions") {
        "the user needs these rights: +select +mget +strlen ~*"
    } else if said.contains("unknown command") {
        "the service needs the commands SELECT, MGET and STRLEN"
    } else {
        return None;
    };
    Some((said, advice.to_owned()))
}

/// Whether the error comes from a server in cluster mode, which accepts only keys of one slot, of its own slots, and
/// database 0.
fn is_cluster(error: &RedisError, said: &str) -> bool {
    use ServerErrorKind::{Ask, ClusterDown, CrossSlot, Moved};
    matches!(error.kind(), ErrorKind::Server(Ask | ClusterDown | CrossSlot | Moved)) || said.contains("cluster mode")
}
