//! SQL without a grammar: tokens, names, placeholders, statements, and checks that hold for any text.

pub mod token;
pub(crate) mod name;
pub(crate) mod placeholder;
pub(crate) mod statement;
pub(crate) mod lexical;
