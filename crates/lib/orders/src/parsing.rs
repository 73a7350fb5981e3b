//! Parsing of JSON documents, and the reasons why one cannot be used.

pub mod canonical;
pub(crate) mod json;
pub(crate) mod document;
pub(crate) mod malformed;
