//! Job files: refused ones and accepted ones as snapshots, the rules of their texts, random input.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod files;
mod refused;
mod customer;
mod folder;
mod lines;
mod options;
mod names;
mod tokens;
mod placeholders;
mod statements;
mod rewrite;
mod columns;
mod random;
