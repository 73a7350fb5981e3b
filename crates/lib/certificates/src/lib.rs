//! Certificates of TLS connections: reads CA files (`*_CA_FILE`), and classifies certificate errors.
//!
//! TLS itself is set up by the clients: `Settings::client` of `kafka`, `connector` of `database`, `Settings::from_url`
//! of `redis_client`. This crate is what they share: CA files are read and checked in the same way, and the same
//! certificate error has the same advice.

use std::{fs, path::Path};

use native_tls::{Certificate, TlsConnectorBuilder};

/// Reads the certificates (PEM) of a `*_CA_FILE`.
///
/// # Errors
/// The file cannot be read or contains no certificate. The error begins with the path.
pub fn read(path: &Path) -> Result<Vec<Certificate>, String> {
    read_both(path).map(|(_, certificates)| certificates)
}

/// Reads a `*_CA_FILE` for a client that parses certificates itself.
///
/// # Errors
/// As [`read`].
pub fn read_pem(path: &Path) -> Result<Vec<u8>, String> {
    read_both(path).map(|(pem, _)| pem)
}

/// The bytes of the file and the certificates in it.
fn read_both(path: &Path) -> Result<(Vec<u8>, Vec<Certificate>), String> {
    let problem = |reason: &str| format!("{}: {reason}", path.display());
    let pem = fs::read(path).map_err(|error| problem(&error.to_string()))?;
    let certificates = Certificate::stack_from_pem(&pem).map_err(|error| problem(&error.to_string()))?;
    if certificates.is_empty() {
        return Err(problem("contains no certificate (PEM)"));
    }
    Ok((pem, certificates))
}

/// Makes a connector trust only the authorities of the file, instead of those of the system.
///
/// # Errors
/// As [`read`].
pub fn trust_only(builder: &mut TlsConnectorBuilder, ca_file: &Path) -> Result<(), String> {
    builder.disable_built_in_roots(true);
    for certificate in read(ca_file)? {
        builder.add_root_certificate(certificate);
    }
    Ok(())
}

/// Why a server's certificate is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It was issued for another host name.
    OtherHost,
    /// It has expired or is not valid yet.
    OutOfDate,
    /// Its authority is not one of the trusted authorities.
    UnknownAuthority,
}

/// OpenSSL's reason in an error text, for instance `unable to get local issuer certificate`. OpenSSL writes it in
/// parentheses at the end. `None`: the error does not concern a certificate.
#[must_use]
pub fn reason(error: &str) -> Option<&str> {
    if !error.contains("certificate") {
        return None;
    }
    Some(error.rsplit_once(" (").map_or(error, |(_, reason)| reason.trim_end_matches(')')))
}

/// The kind of the problem.
#[must_use]
pub fn problem(reason: &str) -> Problem {
    if reason.contains("mismatch") {
        Problem::OtherHost
    } else if reason.contains("expired") || reason.contains("not yet valid") {
        Problem::OutOfDate
    } else {
        Problem::UnknownAuthority
    }
}

/// The error text and the advice, for a connection whose address is a URL. `ca_setting` names the setting of its
/// authority. `None`: the error does not concern a certificate.
#[must_use]
pub fn rejected(error: &str, ca_setting: &str) -> Option<(String, String)> {
    let reason = reason(error)?;
    let advice = match problem(reason) {
        Problem::OtherHost => {
            "it was issued for another host: use the host name of the certificate in the URL".to_owned()
        }
        Problem::OutOfDate => "renew it on the server".to_owned(),
        Problem::UnknownAuthority => format!("{ca_setting} must contain its certificate authority"),
    };
    Some((format!("the server's certificate is not accepted ({reason})"), advice))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Problem, problem, read, reason, rejected};

    #[test]
    fn a_file_without_certificates_is_named() {
        let error = |file: &str| read(Path::new(file)).map(drop).unwrap_err();
        assert!(error("absent.pem").starts_with("absent.pem: No such file"));
        assert!(error("Cargo.toml").starts_with("Cargo.toml: "));
    }

    #[test]
    fn the_reason_is_parsed_from_an_openssl_error() {
        let error = "error:0A000086:SSL routines::certificate verify failed:x.c:1: (IP address mismatch)";
        assert_eq!(reason(error), Some("IP address mismatch"));
        assert_eq!(reason("connection reset"), None);
        let (reason, advice) = rejected(error, "DATABASE_CA_FILE").unwrap();
        assert_eq!(reason, "the server's certificate is not accepted (IP address mismatch)");
        assert!(advice.contains("another host"));
        for (text, expected) in [
            ("IP address mismatch", Problem::OtherHost),
            ("certificate has expired", Problem::OutOfDate),
            ("certificate is not yet valid", Problem::OutOfDate),
            ("self-signed certificate in certificate chain", Problem::UnknownAuthority),
        ] {
            assert_eq!(problem(text), expected, "{text}");
        }
    }
}
