//! Settings, errors, log lines and supervision of Kafka clients.

pub(crate) mod settings;
pub(crate) mod error;
pub(crate) mod diagnostics;
pub(crate) mod librdkafka_text;
pub(crate) mod supervision;
pub(crate) mod supervisor;
pub(crate) mod certificate;
pub(crate) mod metrics;
