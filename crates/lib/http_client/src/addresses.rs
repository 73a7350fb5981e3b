//! Addresses of servers: the name is resolved here, and the address that was checked is the one that is connected to.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::{TcpStream, lookup_host};

use crate::{Error, connection};

/// The addresses to which a client connects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Addresses {
    /// All.
    #[default]
    Any,
    /// Those of the public internet: no loopback, private, link-local or other special address.
    Public,
}

impl Addresses {
    /// Connects to a server. If one of the addresses of its name is not allowed, none is connected to.
    pub(crate) async fn connect(self, host: &str, port: u16) -> Result<TcpStream, Error> {
        let resolve = async || Ok(lookup_host((host, port)).await?.collect());
        self.connect_by(resolve, TcpStream::connect::<SocketAddr>).await
    }

    /// The name is resolved once, so that no later answer can replace an address that was checked. `dial` gets addresses only.
    async fn connect_by<T, Dialing: Future<Output = io::Result<T>>>(
        self,
        resolve: impl AsyncFnOnce() -> io::Result<Vec<SocketAddr>>,
        dial: fn(SocketAddr) -> Dialing,
    ) -> Result<T, Error> {
        let found = resolve().await.map_err(connection)?;
        if self == Self::Public && !found.iter().all(|address| is_public(address.ip())) {
            return Err(Error::Forbidden);
        }
        let mut last = Error::Connection("the name has no address".to_owned());
        for address in found {
            match dial(address).await {
                Ok(connected) => return Ok(connected),
                Err(error) => last = connection(error),
            }
        }
        Err(last)
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| contains_v4(*range, address)),
        IpAddr::V6(address) => {
            contains_v6(GLOBAL_V6, address) && !SPECIAL_V6.iter().any(|range| contains_v6(*range, address))
        }
    }
}

/// The special ranges of IPv4 (registry of IANA, and multicast), with the length of the prefix.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Global unicast. Everything else of IPv6 is special: loopback, unique local, link-local, multicast, and the prefixes that
/// contain an address of IPv4.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// The special ranges within it: protocol assignments with Teredo, documentation, 6to4.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn contains_v4((network, length): (Ipv4Addr, u32), address: Ipv4Addr) -> bool {
    (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
}

fn contains_v6((network, length): (Ipv6Addr, u32), address: Ipv6Addr) -> bool {
    (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn special_addresses_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_or_another_spelling_of_a_private_address_is_forbidden() {
        for host in ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "::ffff:127.0.0.1", "169.254.169.254"] {
            let connected = Addresses::Public.connect(host, 1).await;
            assert!(matches!(connected, Err(Error::Forbidden)), "{host}: {connected:?}");
        }
    }
    /// Connects to nobody, and says to whom.
    async fn dial(address: SocketAddr) -> io::Result<SocketAddr> {
        if address.port() == 1 { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(address) }
    }

    fn addresses(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[tokio::test]
    async fn the_address_that_was_checked_is_connected_to_although_the_name_has_another_one_by_now() {
        // A server of names that answers with a public address first, and then with a private one.
        let asked = AtomicUsize::new(0);
        let resolve = async || {
            let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            Ok(addresses(&[if is_first { "8.8.8.8:443" } else { "10.0.0.1:443" }]))
        };
        let connected = Addresses::Public.connect_by(resolve, dial).await.unwrap();
        assert_eq!((connected.to_string().as_str(), asked.load(Ordering::Relaxed)), ("8.8.8.8:443", 1));
        assert!(matches!(Addresses::Public.connect_by(resolve, dial).await, Err(Error::Forbidden)), "by now");
    }

    #[tokio::test]
    async fn a_name_with_one_private_address_is_not_connected_to_at_all() {
        for found in [["8.8.8.8:443", "10.0.0.1:443"], ["10.0.0.1:443", "8.8.8.8:443"]] {
            let connected = Addresses::Public.connect_by(async || Ok(addresses(&found)), dial).await;
            assert!(matches!(connected, Err(Error::Forbidden)), "{found:?}: {connected:?}");
        }
        let both = async || Ok(addresses(&["8.8.8.8:1", "8.8.4.4:443"]));
        let connected = Addresses::Public.connect_by(both, dial).await.unwrap();
        assert_eq!(connected.to_string(), "8.8.4.4:443", "the next address, if nobody answers at the first");
    }
}
