//! Tag rules: their text in commands and the API, and the application of changed rules to all users.

pub(crate) mod rule;
pub(crate) mod applier;
