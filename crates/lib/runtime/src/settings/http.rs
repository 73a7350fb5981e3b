//! Settings of the HTTP endpoints.

use std::net::SocketAddr;

use clap::Args;

use super::socket_address;

/// The settings of the endpoints `/health`, `/ready` and `/metrics`.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "HTTP")]
pub struct HttpSettings {
    /// IP address and port on which the service answers HTTP: `/health`, `/ready`, `/metrics`, and its own paths.
    #[arg(long, env = "HTTP_ADDR", value_name = "ADDRESS:PORT", default_value = "0.0.0.0:5000", value_parser = socket_address)]
    pub http_addr: SocketAddr,
}
