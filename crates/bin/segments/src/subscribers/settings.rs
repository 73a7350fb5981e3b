//! The settings of subscribers.

use clap::{Args, ValueEnum};

pub use self::files::FileSettings;

mod files;

/// The settings of subscribers.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Subscribers")]
pub struct SubscriberSettings {
    /// Whether webhooks may have `http://` addresses, and addresses that are not public: loopback, private, link-local and other special
    /// addresses.
    ///
    /// With `allow`, everybody who may create subscriptions can send requests into the network of the service.
    #[arg(long, env = "WEBHOOK_PRIVATE", value_name = "PRIVATE", value_enum, default_value = "deny")]
    pub webhook_private: WebhookPrivate,

    /// Where the files of target `csv` are.
    #[command(flatten)]
    pub files: FileSettings,
}

/// Whether webhooks may have addresses that are not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WebhookPrivate {
    /// Every address is accepted.
    Allow,
    /// Only `https://` addresses that are public are accepted.
    Deny,
}
