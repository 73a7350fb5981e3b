//! Hostile clients of the HTTP port: probes are answered, orders flow, and memory returns.

mod connections;
mod answers;

/// Memory limit of an attacked service in KiB, without the program: the limit of a pod is 128 MiB, a release build of the
/// program takes 16, buffers of the kernel for all connections 24.
const MAX_DATA_KIB: u64 = 64 << 10;

/// File descriptors of this test and its connections.
const OWN_FILES: u64 = 4096;
