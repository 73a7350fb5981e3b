//! The machine and the servers with their settings.

pub(crate) mod machine;
pub(crate) mod huge_pages;
pub(crate) mod fixture;
pub(crate) mod statements;
