//! Check of advertised addresses. A broker that is unreachable at its advertised address causes timeouts only.

use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use rdkafka::metadata::Metadata;

/// Timeout of a connection to a broker.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The error of the first unreachable broker. `None` if all brokers accept a connection. Blocks the calling thread.
pub(crate) fn unreachable(metadata: &Metadata) -> Option<String> {
    metadata.brokers().iter().find_map(|broker| {
        let address = format!("{}:{}", broker.host(), broker.port());
        let error = connect(&address).err()?;
        let id = broker.id();
        Some(format!("broker {id} advertises the address {address}: {error}; look at its advertised.listeners"))
    })
}

fn connect(address: &str) -> io::Result<()> {
    let resolved = address.to_socket_addrs();
    let resolved = resolved.map_err(|error| io::Error::other(format!("the name does not resolve ({error})")))?;
    let mut last = io::Error::other("the name has no address");
    for address in resolved {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::connect;

    #[test]
    fn an_unusable_address_is_reported_with_its_error() {
        for (address, said) in
            [("broker.invalid:9092", "the name does not resolve ("), ("127.0.0.1:1", "Connection refused")]
        {
            let error = connect(address).unwrap_err().to_string();
            assert!(error.starts_with(said), "{address}: {error}");
        }
    }
}
