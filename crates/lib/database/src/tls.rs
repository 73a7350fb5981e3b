//! What `sslmode` means: whether to encrypt, and whom to believe.

use std::{path::Path, str::FromStr};

use native_tls::TlsConnector;
use postgres_native_tls::MakeTlsConnector;

/// libpq's `sslmode`, without `allow`, which protects nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In plain text.
    Disable,
    /// Encrypted where the server can, to whoever answers.
    Prefer,
    /// Encrypted; to whoever answers, unless there is a certificate to check against.
    Require,
    /// Encrypted, to a server that a trusted authority vouches for, whatever its name.
    VerifyCa,
    /// Encrypted, to the very server the URL names.
    VerifyFull,
}

impl Mode {
    /// The name of a mode in which no certificate is ever checked.
    pub(crate) fn unchecked(self) -> Option<&'static str> {
        match self {
            Self::Disable => Some("disable"),
            Self::Prefer => Some("prefer"),
            Self::Require | Self::VerifyCa | Self::VerifyFull => None,
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(mode: &str) -> Result<Self, String> {
        match mode {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(format!("sslmode={mode} is none of disable, prefer, require, verify-ca, verify-full")),
        }
    }
}

/// A connector that believes as much as `mode` allows. As in libpq, `require` with a certificate at hand is `verify-ca`,
/// and a certificate given is the only one trusted.
pub(crate) fn connector(mode: Mode, ca_file: Option<&Path>) -> Result<MakeTlsConnector, String> {
    let mut builder = TlsConnector::builder();
    let chain = match mode {
        Mode::Disable | Mode::Prefer => false,
        Mode::Require => ca_file.is_some(),
        Mode::VerifyCa | Mode::VerifyFull => true,
    };
    builder.danger_accept_invalid_certs(!chain).danger_accept_invalid_hostnames(mode != Mode::VerifyFull);
    if let Some(path) = ca_file {
        ::tls::trust_only(&mut builder, path)?;
    }
    builder.build().map(MakeTlsConnector::new).map_err(|error| error.to_string())
}
