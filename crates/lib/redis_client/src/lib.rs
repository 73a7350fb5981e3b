//! Where Redis is: the settings `REDIS_URL` and `REDIS_CA_FILE`, and the reasons for which a login is refused.

pub use self::{rejection::rejection, settings::Settings};

pub mod settings;
mod rejection;
