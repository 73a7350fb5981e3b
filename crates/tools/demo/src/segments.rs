//! The demo of segments-service: orders become tags, tags become members, and a webhook, a topic and a folder follow them.

mod settings;

mod orders;
mod service;
mod setup;
mod targets;

mod story;
mod latency;

mod findings;
mod report;

mod run;

pub use run::run;
pub use settings::Settings;
