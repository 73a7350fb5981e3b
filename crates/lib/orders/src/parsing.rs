//! Reading of JSON documents, and why one cannot be used.

pub mod canonical;
pub(crate) mod json;
pub(crate) mod document;
pub(crate) mod malformed;
