//! Where the endpoints listen.

use std::net::SocketAddr;

use clap::Args;

/// The settings of the endpoints `/health`, `/ready` and `/metrics`.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "HTTP")]
pub struct HttpSettings {
    /// Address and port of `/health`, `/ready` and `/metrics`.
    #[arg(long, env, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:5000")]
    pub http_addr: SocketAddr,
}
