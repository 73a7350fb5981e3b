//! Certificates, users and passwords of secured servers.

pub(crate) mod certificate;
pub(crate) mod secured;
