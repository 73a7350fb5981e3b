//! Free loopback ports that stay reserved across a restart.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context;

/// Below the range of ephemeral ports. A port from that range can be lost while its server is down: the kernel can
/// assign it to a client that reconnects repeatedly, which then connects to itself.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A free port. Each process starts its search at another number, so that processes started together do not race.
pub(crate) fn free() -> anyhow::Result<u16> {
    let place = std::process::id().wrapping_mul(61) % u32::from(COUNT);
    let place = u16::try_from(place)?;
    (0..COUNT)
        .map(|_| FIRST + (place + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .context("no free port on the loopback interface")
}
