//! Settings of Redis, `REDIS_URL` and `REDIS_CA_FILE`, and classification of rejected logins.

pub use self::{rejection::rejection, settings::Settings};

pub mod settings;
mod rejection;
