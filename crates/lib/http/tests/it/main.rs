//! Tests of the crate `http` over real sockets.

mod server;
mod concurrency;
