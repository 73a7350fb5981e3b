//! The parameter `sslmode`: whether to encrypt, and how the server's certificate is checked.

use std::{path::Path, str::FromStr};

use native_tls::TlsConnector;
use postgres_native_tls::MakeTlsConnector;

/// The modes of libpq's `sslmode`, without `allow`, which protects nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not encrypted.
    Disable,
    /// Encrypted if the server supports it. The certificate is not checked.
    Prefer,
    /// Encrypted. The certificate is checked only if an authority is given.
    Require,
    /// Encrypted. The certificate must come from a trusted authority; the host name is not checked.
    VerifyCa,
    /// Encrypted. The certificate must come from a trusted authority, for the host name of the URL.
    VerifyFull,
}

impl Mode {
    /// The name of a mode in which certificates are never checked.
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
            _ => Err(format!("sslmode={mode} is not one of disable, prefer, require, verify-ca, verify-full")),
        }
    }
}

/// A connector that checks certificates as `mode` demands. As in libpq, `require` with a given authority is
/// `verify-ca`, and a given authority is the only trusted one.
pub(crate) fn connector(mode: Mode, ca_file: Option<&Path>) -> Result<MakeTlsConnector, String> {
    let mut builder = TlsConnector::builder();
    let chain = match mode {
        Mode::Disable | Mode::Prefer => false,
        Mode::Require => ca_file.is_some(),
        Mode::VerifyCa | Mode::VerifyFull => true,
    };
    builder.danger_accept_invalid_certs(!chain).danger_accept_invalid_hostnames(mode != Mode::VerifyFull);
    if let Some(path) = ca_file {
        certificates::trust_only(&mut builder, path)?;
    }
    builder.build().map(MakeTlsConnector::new).map_err(|error| error.to_string())
}
