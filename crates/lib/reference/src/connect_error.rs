//! Connection errors of Redis: rejections, which need a person to act, and outages.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use redis_client::rejection as login_rejection;

use crate::Unavailable;

/// Why Redis cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Redis is reachable and rejects the connection or a command: the password or the database is wrong, the
    /// certificate is not trusted. Waiting does not help, so the service ends with this error.
    #[error("REDIS_URL: {0}")]
    Rejected(String),
    /// Redis is unreachable or not ready. Waiting helps.
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

/// The error text of a rejection, with advice.
fn rejection(error: &RedisError) -> Option<(String, String)> {
    if let Some(rejected) = login_rejection(error) {
        return Some(rejected);
    }
    let said = error.to_string();
    if is_cluster(error, &said) {
        let reason = format!("this is a Redis Cluster, which is not supported ({said})");
        return Some((
            reason,
            "use a Redis server without cluster mode, which holds all names in one place".to_owned(),
        ));
    }
    let advice = if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm) || said.contains("has no permissions") {
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
