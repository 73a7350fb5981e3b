//! What Go 1.21 does with JSON, numbers, dates and CSV. The customer's first service is written in Go, and API v1 answers
//! as it does, byte for byte. Everything here is pure.

pub mod text;
pub mod json;
pub mod scan;
pub mod bind;
pub mod time;
pub mod number;
pub mod csv;
