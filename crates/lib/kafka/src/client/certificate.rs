//! Verification of a broker's certificate with OpenSSL, because librdkafka does not report the reason of a failure.

use std::{
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    time::Duration,
};

use native_tls::TlsConnector;

/// Timeout of the connection. The broker has just answered.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Repeats the TLS handshake with the broker at `address` (`sasl_ssl://host:port/bootstrap`), with the authorities that
/// librdkafka trusts. Returns OpenSSL's reason to reject the certificate. Blocks the calling thread.
pub(crate) fn verify_error(address: &str, ca_file: Option<&Path>) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let server = rest.split('/').next()?;
    let host = server.rsplit_once(':')?.0.trim_matches(['[', ']']);
    let mut builder = TlsConnector::builder();
    if let Some(path) = ca_file {
        certificates::trust_only(&mut builder, path).ok()?;
    }
    let connect = |address| TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).ok();
    let stream = server.to_socket_addrs().ok()?.find_map(connect)?;
    stream.set_read_timeout(Some(CONNECT_TIMEOUT)).ok()?;
    let native_tls::HandshakeError::Failure(error) = builder.build().ok()?.connect(host, stream).err()? else {
        return None;
    };
    certificates::reason(&error.to_string()).map(str::to_owned)
}
