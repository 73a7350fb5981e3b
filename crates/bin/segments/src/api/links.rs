//! Links to reports: signed, valid for some hours, usable without a key. The report is made when the link is opened.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use consumer::Failure;
use database::{Database, PgTimestamp, Statement, get, statement};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use uuid::Uuid;

use crate::api::auth::hex;

const SECRET: Statement = statement!("segments/access/select_link_secret");

/// The subject of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A user, in the format of the second service.
    Guid(Uuid),
    /// A user.
    User(i32),
    /// A segment.
    Segment(i32),
}

/// A report in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) about: About,
    /// Inclusive.
    pub(crate) from: PgTimestamp,
    /// Exclusive.
    pub(crate) to: PgTimestamp,
}

/// Why a link is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// It was not made here.
    Tampered,
    /// Its time is over.
    Expired,
}

/// The secret that signs links. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// Reads the secret, which all replicas share.
    pub(crate) async fn read(database: &Database) -> Result<Self, Failure> {
        let rows = database.read(&SECRET, &[]).await?;
        rows.first().map_or(Ok(Vec::new()), |row| get(row, 0)).map(Self)
    }

    /// The token of a link. It ends at `expires`, in seconds since 1970.
    pub(crate) fn sign(&self, report: &Report, expires: u64) -> String {
        let Report { about, from, to } = report;
        let about = match about {
            About::Guid(guid) => guid.simple().to_string(),
            About::User(id) => format!("u{id}"),
            About::Segment(id) => format!("s{id}"),
        };
        let payload = format!("{about}.{}.{}.{expires}", from.micros(), to.micros());
        format!("{payload}.{}", hex(&self.mac(&payload).finalize().into_bytes()))
    }

    /// The report of a token.
    pub(crate) fn verify(&self, token: &str, now: u64) -> Result<Report, Invalid> {
        let (payload, signature) = token.rsplit_once('.').ok_or(Invalid::Tampered)?;
        let signature = unhex(signature).ok_or(Invalid::Tampered)?;
        self.mac(payload).verify_slice(&signature).map_err(|_| Invalid::Tampered)?;
        let (report, expires) = parse(payload).ok_or(Invalid::Tampered)?;
        if now < expires { Ok(report) } else { Err(Invalid::Expired) }
    }

    fn mac(&self, payload: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|error| unreachable!("HMAC takes keys of any length: {error}"));
        mac.update(payload.as_bytes());
        mac
    }
}

fn parse(payload: &str) -> Option<(Report, u64)> {
    let mut parts = payload.split('.');
    let about = about(parts.next()?)?;
    let mut micros = || Some(PgTimestamp::from_micros(parts.next()?.parse().ok()?));
    let (from, to) = (micros()?, micros()?);
    Some((Report { about, from, to }, parts.next()?.parse().ok()?))
}

fn about(text: &str) -> Option<About> {
    // Neither letter is a hexadecimal digit.
    if let Some(id) = text.strip_prefix('u') {
        return id.parse().ok().map(About::User);
    }
    if let Some(id) = text.strip_prefix('s') {
        return id.parse().ok().map(About::Segment);
    }
    Uuid::try_parse(text).ok().map(About::Guid)
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// When a link that is made now ends: in seconds since 1970, and in RFC 3339.
pub(crate) fn expiry(now: SystemTime, ttl: Duration) -> (u64, String) {
    let at = seconds(now) + ttl.as_secs();
    let date = SignedDuration::try_from(Duration::from_secs(at)).ok().and_then(|at| Timestamp::from_duration(at).ok());
    (at, date.map_or_else(String::new, |date| date.to_string()))
}

/// Seconds since 1970.
pub(crate) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_until_it_expires_and_only_as_it_was_made() {
        let (secret, other) = (Secret(vec![1; 32]), Secret(vec![2; 32]));
        let report = Report {
            about: About::Guid(Uuid::from_u128(7)),
            from: PgTimestamp::from_micros(-5),
            to: PgTimestamp::from_micros(9),
        };
        let token = secret.sign(&report, 100);
        assert_eq!(secret.verify(&token, 99), Ok(report));
        assert_eq!(secret.verify(&token, 100), Err(Invalid::Expired));
        assert_eq!(other.verify(&token, 99), Err(Invalid::Tampered));
        for (from, to) in [("100", "101"), ("-5", "-6"), (".", ""), ("7", "8")] {
            assert_eq!(secret.verify(&token.replacen(from, to, 1), 99), Err(Invalid::Tampered), "{from}");
        }
        assert_eq!(secret.verify("", 1), Err(Invalid::Tampered));
        for about in [About::User(12), About::Segment(12)] {
            let report = Report { about, ..report };
            assert_eq!(secret.verify(&secret.sign(&report, 100), 99), Ok(report));
        }
        let (at, date) = expiry(UNIX_EPOCH + Duration::from_secs(1), Duration::from_secs(4 * 3600));
        assert_eq!((at, date.as_str()), (14401, "1970-01-01T04:00:01Z"));
    }
}
