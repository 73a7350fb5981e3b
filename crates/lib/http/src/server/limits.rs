//! Limits of the HTTP server: connections, sizes and times.

use std::time::Duration;

/// The limits of a server. [`Limits::DEFAULT`] bounds what all clients together can hold to some 40 MiB, of which 24 MiB
/// are buffers of the kernel.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Maximum number of connections that have sent nothing, half of them of one address (IPv6: of one /64 network). A new
    /// one closes the one that has waited longest, of the address that has most.
    pub newcomers: usize,
    /// Maximum number of connections whose requests are answered. A new one closes the one that has been idle longest, of
    /// the address that has most.
    pub connections: usize,
    /// Maximum number of connections of one address (IPv6: of one /64 network). The same holds.
    pub connections_per_address: usize,
    /// Maximum number of sockets of these: connections, and those that are being closed. Beyond it new ones wait.
    pub sockets: usize,
    /// Maximum time from the beginning of a connection, or from the last response, to the end of the next request's
    /// header. So it is also the time for which an idle connection is kept.
    pub header_timeout: Duration,
    /// Maximum size in bytes of a request line and header, and of the buffers of a connection.
    pub header_bytes: usize,
    /// Maximum time for which a client takes nothing of a response that waits.
    pub write_timeout: Duration,
    /// Maximum age of a connection. Then the response in progress is finished.
    pub max_age: Duration,
    /// Maximum time for finishing it.
    pub last_response_timeout: Duration,
    /// The same for a response whose route asked for it, see [`crate::LongResponse`].
    pub long_response_timeout: Duration,
    /// Size in bytes of the kernel's buffers of a connection, for each direction. Linux uses up to twice as much.
    pub socket_buffer_bytes: u32,
}

impl Limits {
    /// The limits of every service.
    pub const DEFAULT: Self = Self {
        newcomers: 128,
        connections: 256,
        connections_per_address: 128,
        sockets: 320,
        header_timeout: Duration::from_secs(10),
        header_bytes: 16 << 10,
        write_timeout: Duration::from_secs(10),
        max_age: Duration::from_secs(60),
        last_response_timeout: Duration::from_secs(30),
        long_response_timeout: Duration::from_secs(60 * 60),
        socket_buffer_bytes: 24 << 10,
    };
}
